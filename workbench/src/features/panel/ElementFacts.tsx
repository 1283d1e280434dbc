// Every property with the record it came from: source, file and row, one line below the value.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { ElementView, PropertyView, Source } from '../../api/types';
import { formatValue } from '../../model/values';
import { Icon } from '../../ui/icons';
import { useElement } from '../desk/reads';
import { usText } from '../desk/times';

export function ElementFacts({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, error, isPending } = useElement(id);
  if (error) {
    const gone = error instanceof ApiError && error.status === 404;
    return <p className="pad error-text">{gone ? t('panel.gone') : t('panel.failed', { message: error.message })}</p>;
  }
  if (isPending) return <p className="pad muted">…</p>;
  return <Facts view={data} />;
}

function Facts({ view }: { view: ElementView }) {
  const { t } = useTranslation();
  const since = view.valid.from_us;
  const until = view.valid.to_us;
  // Most facts of an element share one record: its source is said once, the others where they differ.
  const common = sourceText(view.source, t);
  return (
    <section aria-label={t('panel.facts')}>
      <dl className="facts">
        {view.properties.map((p) => (
          <Fact key={p.key} fact={p} common={common} />
        ))}
      </dl>
      <p className="source-line" title={t('panel.received', { when: usText(view.source.received_us) })}>
        {t('panel.source')}: {common}
        {since !== null ? ` · ${t('panel.validFrom', { when: usText(since) })}` : ''}
        {until !== null && until !== since ? ` · ${t('panel.validTo', { when: usText(until) })}` : ''}
        {view.policy.handling_code ? ` · ${t('panel.handling', { code: view.policy.handling_code })}` : ''}
        {view.policy.owner_unit ? ` · ${t('panel.owner', { unit: view.policy.owner_unit })}` : ''}
        {` · ${view.id}`}
      </p>
    </section>
  );
}

function sourceText(source: Source, t: (key: string, params?: Record<string, string | number>) => string): string {
  if (!source.file) return source.person ? t('panel.sourcePerson', { person: source.person }) : source.source;
  return t('panel.sourceRow', { source: source.source, file: source.file, row: source.row });
}

function Fact({ fact, common }: { fact: PropertyView; common: string }) {
  const { t } = useTranslation();
  const text = formatValue(fact.value);
  const source = sourceText(fact.source, t);
  const machine = /^[\dA-Z·\-:.+ ]{5,}$/.test(text);
  return (
    <div className="fact">
      <dt title={fact.key}>{fact.key}</dt>
      <dd>
        <span className={machine ? 'mono' : ''}>{text}</span>
        <Copy what={fact.key} text={text} />
        {source === common ? <span className="sr-only">{source}</span> : <small>{source}</small>}
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
