// The one box: entities by name, plate, phone or number, and commands. A combobox over a listbox; Ctrl+K opens it.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Action } from '../../actions/action';
import { allActions } from '../../actions/all';
import type { SearchHit } from '../../api/types';
import { kindOfNode, longDetailOf } from '../../model/elements';
import { formatValue } from '../../model/values';
import { notifyError } from '../../sync/notices';
import { Icon } from '../../ui/icons';
import { useChart, useDesk, useView, type DeskWithApi } from '../desk/desk';
import { useErrorText } from '../desk/errors';
import { KindGlyph } from '../desk/KindGlyph';
import './search.css';

const hitsShown = 12;

type Row = { readonly kind: 'hit'; readonly hit: SearchHit } | { readonly kind: 'action'; readonly action: Action };

function useDebounced(value: string, ms: number): string {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}

interface Found {
  readonly q: string;
  readonly rows: readonly Row[];
  readonly hits: number;
  readonly search: SearchStateProps['search'];
}

// Hits of the server first, then commands whose name contains what is typed.
function useRows(text: string): Found {
  const { t } = useTranslation();
  const desk = useDesk();
  const typed = text.trim();
  const q = useDebounced(typed, 180);
  const search = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => desk.api.search(q, hitsShown, { signal }),
    enabled: q.length > 0 && !q.startsWith('>'),
  });
  const hits = useMemo<Row[]>(
    // Hits of what stood there before must not be chosen for what is typed now.
    () => (q === typed ? (search.data?.hits ?? []) : []).map((hit) => ({ kind: 'hit', hit })),
    [q, typed, search.data],
  );
  const wanted = typed.replace(/^>\s*/, '').toLowerCase();
  const commands = allActions
    .filter((a) => a.id !== 'palette' && (a.enabled?.(desk) ?? true))
    .filter((a) => !wanted || t(`action.${a.id}`).toLowerCase().includes(wanted))
    .slice(0, wanted ? 6 : 10)
    .map((action) => ({ kind: 'action' as const, action }));
  return { q, rows: [...hits, ...commands], hits: hits.length, search };
}

async function carryOut(desk: DeskWithApi, row: Row): Promise<void> {
  if (row.kind === 'action') {
    await row.action.run(desk);
    return;
  }
  try {
    const { page } = desk.view.getState();
    if (page === 'query' || page === 'operations' || page === 'imports') desk.view.setState({ page: 'chart' });
    const ids = await desk.workspace.add([row.hit.node]);
    desk.view.setState({ selection: new Set(ids) });
    desk.ports.focusChart?.();
    bringIntoView(desk, row.hit.node.id);
  } catch (error) {
    notifyError(desk.view, error);
  }
}

// Ctrl+K, wherever it was pressed.
function usePalette(open: () => void): void {
  const desk = useDesk();
  const wanted = useView((s) => s.dialog === 'palette');
  useEffect(() => {
    if (!wanted) return;
    desk.view.setState({ dialog: null });
    open();
  });
}

export function SearchBox() {
  const { t } = useTranslation();
  const desk = useDesk();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const { q, rows, hits, search } = useRows(text);
  useEffect(() => setActive(0), [q]);
  usePalette(() => {
    input.current?.focus();
    input.current?.select();
    setOpen(true);
  });

  const choose = (row: Row | undefined) => {
    if (!row) return;
    setOpen(false);
    input.current?.blur();
    if (row.kind === 'action') setText('');
    void carryOut(desk, row);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return; // an input method is choosing characters
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((at) => (rows.length === 0 ? 0 : (at + step + rows.length) % rows.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(rows[active]);
    } else if (event.key === 'Escape') {
      setOpen(false);
      input.current?.blur();
    }
  };
  const fieldProps = {
    'aria-label': t('search.label'),
    'aria-expanded': open,
    'aria-activedescendant': open && rows[active] ? `search-${active}` : undefined,
    placeholder: t('search.placeholder'), value: text,
    onFocus: () => setOpen(true),
    onBlur: () => setOpen(false),
    onKeyDown: onKey,
  };
  return (
    <div className="search" role="search">
      <Icon name="search" />
      <input
        ref={input}
        className="search-input"
        role="combobox"
        aria-controls="search-list"
        aria-autocomplete="list"
        onChange={(e) => {
          setText(e.target.value);
          setOpen(true);
        }}
        {...fieldProps}
      />
      <kbd>Ctrl+K</kbd>
      {open && (
        <SearchList rows={rows} hits={hits} active={active} onChoose={choose} onHover={setActive}>
          <SearchState q={q} typed={text.trim()} search={search} limit={hitsShown} />
        </SearchList>
      )}
    </div>
  );
}

interface ListProps {
  readonly rows: readonly Row[];
  readonly hits: number;
  readonly active: number;
  readonly children: ReactNode;
  onChoose(row: Row): void;
  onHover(index: number): void;
}

function SearchList({ rows, hits, active, children, onChoose, onHover }: ListProps) {
  const { t } = useTranslation();
  return (
    <div className="search-pop" onMouseDown={(e) => e.preventDefault()}>
      <div id="search-list" role="listbox" aria-label={t('palette.label')}>
        {rows.map((row, i) => (
          <SearchRow
            key={row.kind === 'hit' ? row.hit.node.id : row.action.id}
            row={row}
            id={`search-${i}`}
            active={i === active}
            first={i === hits && hits > 0}
            onChoose={() => onChoose(row)}
            onHover={() => onHover(i)}
          />
        ))}
      </div>
      {children}
    </div>
  );
}

// Brings a found entity into view only where it is not in it already: the camera is the person's.
function bringIntoView(desk: DeskWithApi, id: string): void {
  const { camera } = desk.ports;
  const node = desk.chart.getState().chart.byId.get(id);
  if (!camera) desk.view.setState({ reveal: [id] }); // the chart comes up with this search
  if (!camera || !node) return;
  const view = camera.view();
  const far = Math.abs(node.x - view.x) * view.zoom > 320 || Math.abs(node.y - view.y) * view.zoom > 180;
  if (far) camera.setView({ x: node.x, y: node.y, zoom: view.zoom });
}

function SearchRow(props: { row: Row; id: string; active: boolean; first: boolean; onChoose(): void; onHover(): void }) {
  const { t } = useTranslation();
  const { row } = props;
  const onChart = useChart((s) => row.kind === 'hit' && s.chart.byId.has(row.hit.node.id));
  return (
    <div
      id={props.id}
      role="option"
      aria-selected={props.active}
      className={`search-row${props.first ? ' first' : ''}`}
      onClick={props.onChoose}
      onMouseMove={props.onHover}
    >
      {row.kind === 'hit' ? (
        <>
          <KindGlyph kind={kindOfNode(row.hit.node)} size={20} />
          <b className="ellipsis">{row.hit.node.caption}</b>
          <span className="muted ellipsis grow">{hitDetail(row.hit)}</span>
          {onChart ? <span className="chip">{t('search.onChart')}</span> : null}
          <span className="muted">{t(`kind.${kindOfNode(row.hit.node)}`)}</span>
        </>
      ) : (
        <>
          <Icon name={row.action.icon ?? 'right'} />
          <span className="grow">{t(`action.${row.action.id}`)}</span>
          {row.action.keys ? <kbd>{row.action.keys}</kbd> : null}
        </>
      )}
    </div>
  );
}

function hitDetail(hit: SearchHit): string {
  const text = formatValue(hit.value);
  return text === hit.node.caption ? longDetailOf(hit.node) : `${hit.key}: ${text}`;
}

interface SearchStateProps {
  readonly q: string;
  readonly typed: string;
  readonly limit: number;
  readonly search: {
    isFetching: boolean;
    error: Error | null;
    data?: { hits: readonly SearchHit[]; truncated: boolean } | undefined;
  };
}

function SearchState(props: SearchStateProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { search, q } = props;
  if (!props.typed) return null;
  if (search.error) return <p className="search-state error-text">{errorText(search.error)}</p>;
  if (search.isFetching) return <p className="search-state muted">{t('search.searching')}</p>;
  if (search.data && search.data.hits.length === 0) {
    return (
      <p className="search-state muted">
        {t('search.none', { q })} {t('search.noneHelp')}
      </p>
    );
  }
  if (search.data?.truncated) return <p className="search-state muted">{t('search.more', { limit: props.limit })}</p>;
  return null;
}
