// The chart as rows: the accessible equivalent of the picture, with the same selection and time window.
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { detailOf, kindOfNode, linkTime, typeText, type LinkData } from '../../model/elements';
import type { Chart, ChartNode } from '../../model/chart';
import { bundleId } from '../../model/chart';
import type { TimeWindow } from '../../model/stores';
import { DataGrid, type GridColumn } from '../../ui/DataGrid';
import { useChart, useDesk, useView } from '../desk/desk';
import { KindGlyph } from '../desk/KindGlyph';
import { dateTimeText } from '../desk/times';
import './table.css';

interface NodeRow {
  readonly node: ChartNode;
  readonly links: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
}

interface LinkRow {
  readonly link: LinkData;
  readonly from: string;
  readonly to: string;
  readonly ms: number | undefined;
}

function inside(ms: number | undefined, window: TimeWindow | null): boolean {
  return !window || ms === undefined || (ms >= window.from && ms <= window.to);
}

function nodeRows(chart: Chart): NodeRow[] {
  const spans = new Map<string, { first: number; last: number; links: number }>();
  for (const link of chart.links) {
    const ms = linkTime(link);
    for (const id of [link.from, link.to]) {
      const span = spans.get(id) ?? { first: Infinity, last: -Infinity, links: 0 };
      span.links += 1;
      if (ms !== undefined) {
        span.first = Math.min(span.first, ms);
        span.last = Math.max(span.last, ms);
      }
      spans.set(id, span);
    }
  }
  return chart.nodes.map((node) => {
    const span = spans.get(node.id);
    const finite = (v: number | undefined) => (v !== undefined && Number.isFinite(v) ? v : undefined);
    return { node, links: span?.links ?? 0, first: finite(span?.first), last: finite(span?.last) };
  });
}

const timeText = (ms: number | undefined) => (ms === undefined ? '' : dateTimeText(ms));
const byTime = (a: number | undefined, b: number | undefined) => (a ?? -Infinity) - (b ?? -Infinity) || 0;

export function TableView() {
  const { t } = useTranslation();
  const desk = useDesk();
  const chart = useChart((s) => s.chart);
  const window = useView((s) => s.window);
  const selection = useView((s) => s.selection);
  const [what, setWhat] = useState<'entities' | 'links'>('entities');
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();

  const nodes = useMemo(() => nodeRows(chart), [chart]);
  const nodeColumns = useNodeColumns();
  const linkColumns = useLinkColumns();
  const links = useMemo<LinkRow[]>(
    () =>
      chart.links.map((link) => ({
        link,
        from: chart.byId.get(link.from)?.data.caption ?? link.from,
        to: chart.byId.get(link.to)?.data.caption ?? link.to,
        ms: linkTime(link),
      })),
    [chart],
  );
  const has = (columns: readonly { text(row: never): string }[], row: unknown) =>
    !wanted || columns.some((c) => c.text(row as never).toLowerCase().includes(wanted));
  const shownNodes = nodes.filter((r) => has(nodeColumns, r) && (!window || r.links === 0 || overlaps(r, window)));
  const shownLinks = links.filter((r) => has(linkColumns, r) && inside(r.ms, window));

  const choose = (id: string, add: boolean) =>
    desk.view.setState((s) => ({ selection: new Set([...(add ? s.selection : []), id]) }));
  const entities = what === 'entities';
  const params = entities
    ? { shown: shownNodes.length.toLocaleString(), total: nodes.length.toLocaleString() }
    : { shown: shownLinks.length.toLocaleString(), total: links.length.toLocaleString() };
  return (
    <section className="page table-page" aria-label={t('table.label')}>
      <div className="table-tools">
        {(['entities', 'links'] as const).map((name) => (
          <button key={name} type="button" className="btn outline" aria-pressed={what === name} onClick={() => setWhat(name)}>
            {t(`table.${name}`)}
          </button>
        ))}
        <input className="input" aria-label={t('table.filter')} placeholder={t('table.filter')} value={filter} onChange={(e) => setFilter(e.target.value)} />
        <span className="muted">{t('table.rows', params)}</span>
      </div>
      {chart.nodes.length === 0 ? <p className="empty">{t('table.empty')}</p> : null}
      {entities ? (
        <DataGrid
          label={t('table.entities')}
          rows={shownNodes}
          columns={nodeColumns}
          rowId={(r) => r.node.id}
          selected={(r) => selection.has(r.node.id)}
          onRow={(r, add) => choose(r.node.id, add)}
          sortLabel={(column) => t('table.sort', { column })}
        />
      ) : (
        <DataGrid
          label={t('table.links')}
          rows={shownLinks}
          columns={linkColumns}
          rowId={(r) => r.link.id}
          selected={(r) => selection.has(bundleId(r.link))}
          onRow={(r, add) => choose(bundleId(r.link), add)}
          sortLabel={(column) => t('table.sort', { column })}
        />
      )}
    </section>
  );
}

function overlaps(row: NodeRow, window: TimeWindow): boolean {
  if (row.first === undefined || row.last === undefined) return true;
  return row.last >= window.from && row.first <= window.to;
}

function useNodeColumns(): GridColumn<NodeRow>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: 'name',
        title: t('table.name'),
        width: 'minmax(160px, 2fr)',
        text: (r) => r.node.data.caption,
        render: (r) => (
          <>
            <KindGlyph kind={r.node.kind} />
            <span className="ellipsis">{r.node.data.caption}</span>
          </>
        ),
      },
      { id: 'detail', title: t('table.detail'), width: 'minmax(120px, 1fr)', text: (r) => detailOf(r.node.data) },
      { id: 'kind', title: t('table.kind'), width: '100px', text: (r) => t(`kind.${kindOfNode(r.node.data)}`) },
      { id: 'labels', title: t('table.labels'), width: '120px', text: (r) => r.node.data.labels.join(', ') },
      { id: 'links', title: t('table.degree'), width: '72px', numeric: true, text: (r) => String(r.links), compare: (a, b) => a.links - b.links },
      { id: 'first', title: t('table.first'), width: '136px', text: (r) => timeText(r.first), compare: (a, b) => byTime(a.first, b.first) },
      { id: 'last', title: t('table.last'), width: '136px', text: (r) => timeText(r.last), compare: (a, b) => byTime(a.last, b.last) },
    ],
    [t],
  );
}

function useLinkColumns(): GridColumn<LinkRow>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      { id: 'time', title: t('table.time'), width: '136px', text: (r) => timeText(r.ms), compare: (a, b) => byTime(a.ms, b.ms) },
      { id: 'from', title: t('table.from'), width: 'minmax(140px, 1fr)', text: (r) => r.from },
      { id: 'type', title: t('table.type'), width: '140px', text: (r) => typeText(r.link.type) },
      { id: 'to', title: t('table.to'), width: 'minmax(140px, 1fr)', text: (r) => r.to },
      { id: 'id', title: 'id', width: '96px', text: (r) => r.link.id },
    ],
    [t],
  );
}
