// Write a query, see its rows, put its elements on the chart.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { ErrorInfo, QueryResult } from '../../api/types';
import { useDesk, useView } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import './query.css';
import { QueryEditor } from './QueryEditor';
import { AddButton, Result } from './QueryResult';

const rowsMax = 1_000;
const timeoutMs = 60_000;

const examples = {
  exampleAll: 'MATCH (n)-[r]-()\nRETURN n, count(r) AS links\nORDER BY links DESC LIMIT 20',
  exampleType: 'MATCH (a)-[r]->(b)\nRETURN a, r, b\nLIMIT 50',
  exampleTwo: 'MATCH (a)-->(b)-->(c)\nWHERE a <> c\nRETURN a, b, c\nLIMIT 50',
};

interface Answer {
  readonly result: QueryResult | null;
  readonly error: ErrorInfo | null;
}

type Verb = 'EXPLAIN ' | 'PROFILE ' | '';

// The last answer stays while one looks at its elements on the chart; a change of person or purpose clears it.
function useAnswer(): [Answer, (answer: Answer) => void] {
  const client = useQueryClient();
  const queryKey = ['answer'];
  const none: Answer = { result: null, error: null };
  const { data } = useQuery<Answer>({ queryKey, queryFn: () => none, enabled: false, gcTime: Infinity, staleTime: Infinity });
  return [data ?? none, (answer) => client.setQueryData(queryKey, answer)];
}

// An error is said where it lies in the text as written, without the verb that a button put before it.
function placed(info: ErrorInfo, verb: Verb): ErrorInfo {
  return verb && info.line === 1 && info.column ? { ...info, column: Math.max(1, info.column - verb.length), caret: '' } : info;
}

export function QueryPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const text = useView((s) => s.queryText);
  const [answer, setAnswer] = useAnswer();
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  const schema = useQuery({ queryKey: ['schema'], queryFn: ({ signal }) => desk.api.schema({ signal }) });

  const change = (next: string) => desk.view.setState({ queryText: next });
  const run = async (verb: Verb = '') => {
    if (!text.trim() || running.current) return;
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    try {
      const plain = verb ? text.replace(/^\s*(explain|profile)\s+/i, '') : text;
      const request = { text: verb + plain, limit: rowsMax, timeout_ms: timeoutMs };
      const result = await desk.api.query(request, { signal: controller.signal });
      setAnswer({ result, error: null });
    } catch (error) {
      desk.session.noticed(error);
      const info = error instanceof ApiError ? error.info : { code: 'other', message: String(error) };
      if (info.code !== 'cancelled') setAnswer({ result: null, error: placed(info, verb) });
    } finally {
      running.current = null;
      setBusy(false);
    }
  };
  return (
    <section className="page query-page" aria-label={t('query.label')}>
      <div className="query-top">
        <QueryEditor label={t('query.editor')} hint={t('query.start')} text={text} schema={schema.data} error={answer.error} onChange={change} onRun={() => void run()} />
        <SchemaList schema={schema.data} onPick={(snippet) => change(text ? `${text}\n${snippet}` : snippet)} />
      </div>
      <div className="query-tools">
        {busy ? (
          <button type="button" className="btn outline" onClick={() => running.current?.abort()}>
            {t('query.stop')}
          </button>
        ) : (
          <button type="button" className="btn primary" disabled={!text.trim()} onClick={() => void run()}>
            {t('query.run')} <kbd>{t('query.runHint')}</kbd>
          </button>
        )}
        <button type="button" className="btn outline" disabled={busy || !text.trim()} onClick={() => void run('EXPLAIN ')}>
          {t('query.explain')}
        </button>
        <button type="button" className="btn outline" disabled={busy || !text.trim()} onClick={() => void run('PROFILE ')}>
          {t('query.profile')}
        </button>
        {Object.entries(examples).map(([key, snippet]) => (
          <button key={key} type="button" className="btn small" onClick={() => change(snippet)}>
            {t(`query.${key}`)}
          </button>
        ))}
        <span className="grow" />
        {answer.result ? <AddButton result={answer.result} /> : null}
      </div>
      {answer.error ? <Failure error={answer.error} /> : null}
      {answer.result ? <Result key={answer.result.summary.plan ? 'plan' : 'rows'} result={answer.result} /> : null}
    </section>
  );
}

function Failure({ error }: { error: ErrorInfo }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const at = { line: error.line ?? 0, column: error.column ?? 0, detail: error.detail ?? '' };
  return (
    <div role="alert" className="query-error">
      {error.line ? <b>{t('query.errorAt', at)}</b> : null}
      <p>{error.code === 'query_error' ? error.message : errorText(new ApiError(0, error))}</p>
      {error.caret ? <pre>{error.caret}</pre> : null}
    </div>
  );
}

function SchemaList(props: { schema: { labels: readonly { name: string; count: number }[]; link_types: readonly { name: string; count: number }[] } | undefined; onPick(snippet: string): void }) {
  const { t } = useTranslation();
  const { schema } = props;
  if (!schema) return null;
  const name = (text: string) => (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(text) ? text : `\`${text.replaceAll('`', '``')}\``);
  const list = (title: string, entries: readonly { name: string; count: number }[], snippet: (n: string) => string) => (
    <>
      <h3>{title}</h3>
      <p>
        {entries.map((e) => (
          <button key={e.name} type="button" className="chip" onClick={() => props.onPick(snippet(name(e.name)))}>
            {e.name} <span className="muted">{e.count.toLocaleString()}</span>
          </button>
        ))}
      </p>
    </>
  );
  return (
    <aside className="query-schema" aria-label={t('query.schema')}>
      {list(t('query.labels'), schema.labels, (n) => `MATCH (n:${n}) RETURN n LIMIT 25`)}
      {list(t('query.linkTypes'), schema.link_types, (n) => `MATCH (a)-[r:${n}]->(b) RETURN a, r, b LIMIT 25`)}
    </aside>
  );
}
