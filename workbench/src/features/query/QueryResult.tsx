// An answer: as a table, as a chart where it holds numbers, its plan as a tree; its elements to the chart.
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { QueryResult } from '../../api/types';
import { kindOfNode, typeText, type NodeData } from '../../model/elements';
import { seriesOf } from '../../model/series';
import { compareValues, formatValue, isTagged, type Value } from '../../model/values';
import { notify } from '../../sync/notices';
import { DataGrid, type GridColumn } from '../../ui/DataGrid';
import { useDesk } from '../desk/desk';
import { KindGlyph } from '../desk/KindGlyph';
import { PlanTree } from './PlanTree';
import { ResultChart } from './ResultChart';

export function AddButton({ result }: { result: QueryResult }) {
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
type Way = 'table' | 'drawn' | 'plan';

// Nodes by their caption, links by their type, paths by both.
function useTexts(result: QueryResult) {
  return useMemo(() => {
    const nodes = new Map(result.elements.nodes.map((n) => [n.id, n]));
    const links = new Map(result.elements.links.map((l) => [l.id, l]));
    const nodeText = (id: string) => nodes.get(id)?.caption ?? id;
    const linkText = (id: string) => typeText(links.get(id)?.type ?? id);
    const text = (value: Value | undefined): string => {
      if (Array.isArray(value)) return value.map(text).join(', ');
      if (!isTagged(value)) return formatValue(value);
      const ids = (key: string) => (Array.isArray(value[key]) ? (value[key] as Value[]).map(String) : []);
      if (value.$type === 'node') return nodeText(String(value['id']));
      if (value.$type === 'link') return linkText(String(value['id']));
      if (value.$type !== 'path') return formatValue(value);
      const steps = ids('links');
      return ids('nodes').map((id, i) => (i === 0 ? nodeText(id) : `—${linkText(steps[i - 1] ?? '')}— ${nodeText(id)}`)).join(' ');
    };
    return { nodes, text };
  }, [result]);
}

function Cell({ node, children }: { node: NodeData | undefined; children: ReactNode }) {
  return (
    <>
      {node ? <KindGlyph kind={kindOfNode(node)} /> : null}
      <span className="ellipsis">{children}</span>
    </>
  );
}

export function Result({ result }: { result: QueryResult }) {
  const { t } = useTranslation();
  const { summary } = result;
  const { nodes, text } = useTexts(result);
  const series = useMemo(() => seriesOf(result.columns, result.rows, text), [result, text]);
  const [wanted, setWanted] = useState<Way>(summary.plan ? 'plan' : 'table');
  const ways: readonly Way[] = [...(result.rows.length > 0 ? ['table' as const] : []), ...(series ? ['drawn' as const] : []), ...(summary.plan ? ['plan' as const] : [])];
  const way = ways.includes(wanted) ? wanted : ways[0];
  const params = { count: result.rows.length.toLocaleString(), ms: Math.round(summary.time_us / 100) / 10 };
  return (
    <>
      <div className="query-answer">
        {ways.length > 1
          ? ways.map((name) => (
              <button key={name} type="button" className="btn small outline" aria-pressed={way === name} onClick={() => setWanted(name)}>
                {t(`query.as.${name}`)}
              </button>
            ))
          : null}
        <p className="muted" role="status">
          {t(result.truncated ? 'query.rowsCut' : 'query.rows', params)}
          {summary.partial ? ` · ${t('query.partial', { reason: summary.partial })}` : ''}
        </p>
      </div>
      {way === 'plan' && summary.plan ? <PlanTree text={summary.plan} /> : null}
      {way === 'drawn' && series ? <ResultChart series={series} /> : null}
      {way === 'table' ? <ResultTable result={result} nodes={nodes} text={text} /> : null}
      {ways.length === 0 ? <p className="empty">{t('query.empty')}</p> : null}
    </>
  );
}

interface TableProps {
  readonly result: QueryResult;
  readonly nodes: ReadonlyMap<string, NodeData>;
  text(value: Value | undefined): string;
}

function ResultTable({ result, nodes, text }: TableProps) {
  const { t } = useTranslation();
  const rows = useMemo<Row[]>(() => result.rows.map((values, index) => ({ index, values })), [result]);
  const columns = useMemo<GridColumn<Row>[]>(
    () =>
      result.columns.map((title, i) => ({
        id: `c${i}`,
        title,
        width: 'minmax(140px, 1fr)',
        numeric: typeof result.rows[0]?.[i] === 'number',
        text: (row: Row) => text(row.values[i]),
        render: (row: Row) => {
          const value = row.values[i];
          return <Cell node={isTagged(value) && value.$type === 'node' ? nodes.get(String(value['id'])) : undefined}>{text(value)}</Cell>;
        },
        compare: (a: Row, b: Row) => compareValues(a.values[i], b.values[i]),
      })),
    [result, nodes, text],
  );
  return <DataGrid label={t('query.results')} rows={rows} columns={columns} rowId={(r) => String(r.index)} sortLabel={(column) => t('table.sort', { column })} />;
}
