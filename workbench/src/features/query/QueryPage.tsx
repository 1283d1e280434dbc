// Write a query, see its rows, put its elements on the chart.
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import type { ErrorInfo, QueryResult } from '../../api/types';
import { compareValues, formatValue, isTagged, type Value } from '../../model/values';
import { notify } from '../../sync/notices';
import { DataGrid, type GridColumn } from '../../ui/DataGrid';
import { useDesk, useView } from '../desk/desk';
import './query.css';
import { QueryEditor } from './QueryEditor';

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

export function QueryPage() {
  const { t } = useTranslation();
  const desk = useDesk();
  const text = useView((s) => s.queryText);
  const [answer, setAnswer] = useState<Answer>({ result: null, error: null });
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  const schema = useQuery({ queryKey: ['schema'], queryFn: ({ signal }) => desk.api.schema({ signal }) });

  const change = (next: string) => desk.view.setState({ queryText: next });
  const run = async () => {
    if (!text.trim() || running.current) return;
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    try {
      const request = { text, limit: rowsMax, timeout_ms: timeoutMs };
      const result = await desk.api.query(request, { signal: controller.signal });
      setAnswer({ result, error: null });
    } catch (error) {
      desk.session.noticed(error);
      const info = error instanceof ApiError ? error.info : { code: 'other', message: String(error) };
      if (info.code !== 'cancelled') setAnswer({ result: null, error: info });
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
        {Object.entries(examples).map(([key, snippet]) => (
          <button key={key} type="button" className="btn small" onClick={() => change(snippet)}>
            {t(`query.${key}`)}
          </button>
        ))}
        <span className="grow" />
        {answer.result ? <AddButton result={answer.result} /> : null}
      </div>
      {answer.error ? (
        <div role="alert" className="query-error">
          <p>{answer.error.message}</p>
          {answer.error.caret ? <pre>{answer.error.caret}</pre> : null}
        </div>
      ) : null}
      {answer.result ? <Result result={answer.result} /> : null}
    </section>
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

function AddButton({ result }: { result: QueryResult }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const { nodes, links } = result.elements;
  const count = nodes.length + links.length;
  if (count === 0) return <span className="muted">{t('query.noElements')}</span>;
  const add = async () => {
    desk.view.setState({ page: 'chart' });
    const ids = await desk.workspace.add(nodes, links);
    desk.view.setState({ selection: new Set(ids), reveal: ids });
    notify(desk.view, 'info', 'query.added', { count: ids.length });
  };
  return (
    <button type="button" className="btn outline" onClick={() => void add()}>
      {t('query.add', { count })}
    </button>
  );
}

type Row = { readonly index: number; readonly values: readonly Value[] };

function Result({ result }: { result: QueryResult }) {
  const { t } = useTranslation();
  const { summary } = result;
  const captions = useMemo(() => new Map(result.elements.nodes.map((n) => [n.id, n.caption])), [result]);
  const text = (value: Value | undefined): string => {
    if (isTagged(value) && value.$type === 'node') return captions.get(String(value['id'])) ?? formatValue(value);
    return formatValue(value);
  };
  const rows = useMemo<Row[]>(() => result.rows.map((values, index) => ({ index, values })), [result]);
  const columns = useMemo<GridColumn<Row>[]>(
    () =>
      result.columns.map((title, i) => ({
        id: `c${i}`,
        title,
        width: 'minmax(140px, 1fr)',
        numeric: typeof result.rows[0]?.[i] === 'number',
        text: (row: Row) => text(row.values[i]),
        compare: (a: Row, b: Row) => compareValues(a.values[i], b.values[i]),
      })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [result],
  );
  const params = { count: result.rows.length.toLocaleString(), ms: Math.round(summary.time_us / 100) / 10 };
  return (
    <>
      <p className="muted" role="status">
        {t(result.truncated ? 'query.rowsCut' : 'query.rows', params)}
        {summary.partial ? ` · ${t('query.partial', { reason: summary.partial })}` : ''}
      </p>
      {summary.plan ? (
        <details open>
          <summary>{t('query.plan')}</summary>
          <pre>{summary.plan}</pre>
        </details>
      ) : null}
      {result.rows.length === 0 ? <p className="empty">{t('query.empty')}</p> : null}
      {result.rows.length > 0 ? (
        <DataGrid label={t('query.results')} rows={rows} columns={columns} rowId={(r) => String(r.index)} sortLabel={(column) => t('table.sort', { column })} />
      ) : null}
    </>
  );
}
