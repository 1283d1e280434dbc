// A virtual table with sorting: TanStack Table 9 for the rows, TanStack Virtual for what is in the DOM. Roles and
// row numbers are written out, because only a window of the rows exists.
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState, type ReactNode } from 'react';
import './dataGrid.css';

export interface GridColumn<Row> {
  readonly id: string;
  readonly title: string;
  readonly width: string; // a track of grid-template-columns
  readonly numeric?: boolean;
  text(row: Row): string;
  compare?(a: Row, b: Row): number;
  render?(row: Row): ReactNode;
}

interface Wrapped<Row> {
  readonly row: Row;
  [key: string]: unknown;
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
const rowHeight = 28;

export interface DataGridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly GridColumn<Row>[];
  rowId(row: Row): string;
  selected?(row: Row): boolean;
  onRow?(row: Row, add: boolean): void;
  sortLabel(title: string): string;
}

function useDefinitions<Row>(columns: readonly GridColumn<Row>[]) {
  return useMemo(() => {
    const helper = createColumnHelper<typeof features, Wrapped<Row>>();
    return helper.columns(
      columns.map((c) =>
        helper.accessor((w: Wrapped<Row>) => c.text(w.row), {
          id: c.id,
          header: c.title,
          sortFn: (a, b) =>
            c.compare ? c.compare(a.original.row, b.original.row) : c.text(a.original.row).localeCompare(c.text(b.original.row)),
        }),
      ),
    );
  }, [columns]);
}

function useSorting<Row>(rows: readonly Row[], columns: readonly GridColumn<Row>[], rowId: (row: Row) => string) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const data = useMemo<Wrapped<Row>[]>(() => rows.map((row) => ({ row })), [rows]);
  const definitions = useDefinitions(columns);
  return useTable({
    features,
    columns: definitions,
    data,
    getRowId: (w: Wrapped<Row>) => rowId(w.row),
    state: { sorting },
    onSortingChange: setSorting,
  });
}

export function DataGrid<Row>(props: DataGridProps<Row>) {
  const { rows, columns, rowId } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const table = useSorting(rows, columns, rowId);
  const sorted = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const [active, setActive] = useState(-1);
  const choose = (index: number, add: boolean) => {
    const entry = sorted[Math.min(sorted.length - 1, Math.max(0, index))];
    if (!entry) return;
    setActive(index);
    virtual.scrollToIndex(index);
    props.onRow?.(entry.original.row, add);
  };
  const template = { gridTemplateColumns: columns.map((c) => c.width).join(' ') };
  return (
    <div
      ref={scroll}
      className="grid-scroll"
      tabIndex={0}
      role="grid"
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      aria-multiselectable="true"
      onKeyDown={(e) => {
        const to = step(e.key, active, sorted.length);
        if (to === null || e.target !== scroll.current) return;
        e.preventDefault();
        choose(to, e.shiftKey);
      }}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={template}>
        {table.getFlatHeaders().map((header) => (
          <HeadCell
            key={header.id}
            title={String(header.column.columnDef.header)}
            numeric={columns.find((c) => c.id === header.column.id)?.numeric ?? false}
            direction={header.column.getIsSorted()}
            label={props.sortLabel(String(header.column.columnDef.header))}
            onSort={() => header.column.toggleSorting()}
          />
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = sorted[item.index];
          if (!entry) return null;
          return (
            <BodyRow
              key={item.key}
              row={entry.original.row}
              index={item.index}
              top={item.start}
              columns={columns}
              selected={props.selected?.(entry.original.row) ?? false}
              onClick={(add) => choose(item.index, add)}
            />
          );
        })}
      </div>
    </div>
  );
}

// Where an arrow, Home or End leads from a row.
function step(key: string, from: number, count: number): number | null {
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: count - 1 }[key];
  return to === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, to));
}

interface BodyRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly top: number;
  readonly columns: readonly GridColumn<Row>[];
  readonly selected: boolean;
  onClick(add: boolean): void;
}

function BodyRow<Row>({ row, index, top, columns, selected, onClick }: BodyRowProps<Row>) {
  const gridTemplateColumns = columns.map((c) => c.width).join(' ');
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className="grid-row"
      style={{ gridTemplateColumns, transform: `translateY(${top}px)`, height: rowHeight }}
      onClick={(e) => onClick(e.shiftKey || e.ctrlKey)}
    >
      {columns.map((c) => (
        <div key={c.id} role="gridcell" className={c.numeric ? 'num' : ''} title={c.text(row)}>
          {c.render ? c.render(row) : c.text(row)}
        </div>
      ))}
    </div>
  );
}

function HeadCell(props: { title: string; label: string; numeric: boolean; direction: false | 'asc' | 'desc'; onSort(): void }) {
  const { direction } = props;
  const sort = direction === 'asc' ? 'ascending' : direction === 'desc' ? 'descending' : 'none';
  return (
    <div role="columnheader" aria-sort={sort} className={props.numeric ? 'num' : ''}>
      <button type="button" aria-label={props.label} onClick={props.onSort}>
        {props.title} {direction === 'asc' ? '↑' : direction === 'desc' ? '↓' : ''}
      </button>
    </div>
  );
}
