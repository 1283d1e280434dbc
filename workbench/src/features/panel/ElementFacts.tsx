// Every property with the record it came from: a number at the value, the records by number below.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { ElementView, PropertyView, Source } from '../../api/types';
import { formatValue } from '../../model/values';
import { Icon } from '../../ui/icons';
import { useErrorText } from '../desk/errors';
import { useElement } from '../desk/reads';
import { usText } from '../desk/times';

export function ElementFacts({ id }: { id: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { data, error, isPending } = useElement(id);
  if (error) {
    const gone = error instanceof ApiError && error.status === 404;
    return <p className="pad error-text">{gone ? t('panel.gone') : errorText(error)}</p>;
  }
  if (isPending) return <p className="pad muted">…</p>;
  return <Facts view={data} />;
}

function Facts({ view }: { view: ElementView }) {
  const { t } = useTranslation();
  const since = view.valid.from_us;
  const until = view.valid.to_us;
  const sources = [...new Set([view.source, ...view.properties.map((p) => p.source)].map((source) => sourceText(source, t)))];
  const received = new Map([view.source, ...view.properties.map((p) => p.source)].map((source) => [sourceText(source, t), source.received_us]));
  const about = [
    ...(since === null ? [] : [t('panel.validFrom', { when: usText(since) })]),
    ...(until === null || until === since ? [] : [t('panel.validTo', { when: usText(until) })]),
    ...(view.policy.handling_code ? [t('panel.handling', { code: view.policy.handling_code })] : []),
    ...(view.policy.owner_unit ? [t('panel.owner', { unit: view.policy.owner_unit })] : []),
  ];
  return (
    <section aria-label={t('panel.facts')}>
      <dl className="facts">
        {view.properties.map((p) => {
          const source = sourceText(p.source, t);
          return <Fact key={p.key} fact={p} source={source} number={sources.indexOf(source) + 1} />;
        })}
      </dl>
      <h4 className="sources-head">{t('panel.sources')}</h4>
      <ol className="sources">
        {sources.map((source) => (
          <li key={source} title={t('panel.received', { when: usText(received.get(source) ?? 0) })}>
            {source}
          </li>
        ))}
      </ol>
      {about.length > 0 ? <p className="source-line">{about.join(' · ')}</p> : null}
      <p className="source-line">
        <span className="mono">{view.id}</span>
        <Copy what={t('panel.id')} text={view.id} />
      </p>
    </section>
  );
}

function sourceText(source: Source, t: (key: string, params?: Record<string, string | number>) => string): string {
  if (!source.file) return source.person ? t('panel.sourcePerson', { person: source.person }) : source.source;
  return t('panel.sourceRow', { source: source.source, file: source.file, row: source.row });
}

function Fact({ fact, source, number }: { fact: PropertyView; source: string; number: number }) {
  const text = formatValue(fact.value);
  const machine = /^[\dA-Z·\-:.+ ]{5,}$/.test(text);
  return (
    <div className="fact">
      <dt title={fact.key}>{fact.key}</dt>
      <dd>
        <span className={machine ? 'mono' : ''}>{text}</span>
        <sup title={source}>
          {number}
          <span className="sr-only"> {source}</span>
        </sup>
        <Copy what={fact.key} text={text} />
      </dd>
    </div>
  );
}

function Copy({ what, text }: { what: string; text: string }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1200);
  };
  return (
    <button type="button" className="copy" aria-label={t('panel.copy', { what })} title={t('panel.copy', { what })} onClick={() => void copy()}>
      <Icon name={done ? 'check' : 'copy'} size={13} />
      {done ? <span className="sr-only">{t('panel.copied')}</span> : null}
    </button>
  );
}
