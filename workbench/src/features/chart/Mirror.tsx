// The chart for the keyboard and for screen readers: one listbox, one option per entity, in the chart's order.
// The canvas itself says nothing to them. Above 500 entities only the part around the active one is in the DOM.
import { forwardRef, useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChartNode } from '../../model/chart';
import { useChart, useDesk, useView } from '../desk/desk';

const optionsMax = 500;

export const Mirror = forwardRef<HTMLDivElement>(function Mirror(_props, ref) {
  const { t } = useTranslation();
  const desk = useDesk();
  const nodes = useChart((s) => s.chart.nodes);
  const neighbours = useChart((s) => s.chart.neighbours);
  const people = useChart((s) => s.live?.people);
  const selection = useView((s) => s.selection);
  const hiddenKinds = useView((s) => s.hiddenKinds);
  const [active, setActive] = useState<string | null>(null);

  const shown = useMemo(() => nodes.filter((n) => !hiddenKinds.has(n.kind)), [nodes, hiddenKinds]);
  const chosen = shown.find((n) => selection.has(n.id));
  const at = Math.max(0, shown.findIndex((n) => n.id === (active ?? chosen?.id)));
  const from = Math.max(0, Math.min(at - optionsMax / 2, shown.length - optionsMax));
  const part = shown.slice(from, from + optionsMax);

  const holders = (id: string) => (people ?? []).filter((p) => p.selection.includes(id)).map((p) => p.name);
  const go = (node: ChartNode | undefined, add: boolean) => {
    if (!node) return;
    setActive(node.id);
    desk.view.setState((s) => ({ selection: new Set([...(add ? s.selection : []), node.id]) }));
  };
  const onKey = (event: KeyboardEvent) => {
    const current = shown[at];
    switch (event.key) {
      case 'ArrowRight':
      case 'ArrowDown':
      case 'ArrowLeft':
      case 'ArrowUp':
        go(nearest(shown, current, event.key), event.shiftKey);
        break;
      case 'Home':
        go(shown[0], event.shiftKey);
        break;
      case 'End':
        go(shown.at(-1), event.shiftKey);
        break;
      case 'Enter':
        go(current, false);
        break;
      case ' ':
        if (current) toggle(desk.view.getState().selection, current.id, (s) => desk.view.setState({ selection: s }));
        break;
      case 'ContextMenu':
      case 'F10':
        if (event.key === 'F10' && !event.shiftKey) return;
        desk.view.setState({ menu: { x: 160, y: 160, on: selection.size > 0 ? 'node' : 'stage' } });
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <>
    <span id="mirror-help" className="sr-only">
      {t('chart.mirrorHelp')}
    </span>
    <div
      ref={ref}
      id="chart-mirror"
      className="mirror"
      role="listbox"
      tabIndex={0}
      aria-label={t('chart.mirror')}
      aria-describedby="mirror-help"
      aria-multiselectable="true"
      aria-activedescendant={shown[at] && selection.size > 0 ? `option-${shown[at].id}` : undefined}
      data-chart-focus=""
      onKeyDown={onKey}
    >
      {part.map((node, i) => (
        <div
          key={node.id}
          id={`option-${node.id}`}
          role="option"
          aria-selected={selection.has(node.id)}
          aria-setsize={shown.length}
          aria-posinset={from + i + 1}
          data-id={node.id}
          data-x={node.x}
          data-y={node.y}
        >
          {t('chart.option', {
            kind: t(`kind.${node.kind}`),
            name: node.data.caption,
            count: neighbours.get(node.id)?.size ?? 0,
          })}
          {holders(node.id).length > 0 ? ` · ${t('chart.heldBy', { names: holders(node.id).join(', ') })}` : ''}
        </div>
      ))}
    </div>
    </>
  );
});

function toggle(selection: ReadonlySet<string>, id: string, set: (s: Set<string>) => void): void {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  set(next);
}

// Arrow keys follow the picture: the nearest entity in that direction, off-axis distance counting double.
export function nearest(nodes: readonly ChartNode[], from: ChartNode | undefined, key: string): ChartNode | undefined {
  if (!from) return nodes[0];
  const horizontal = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  let best: ChartNode | undefined;
  let bestCost = Infinity;
  for (const node of nodes) {
    const along = sign * (horizontal ? node.x - from.x : node.y - from.y);
    const across = Math.abs(horizontal ? node.y - from.y : node.x - from.x);
    if (node.id === from.id || along <= 0) continue;
    const cost = along + across * 2;
    if (cost < bestCost) {
      best = node;
      bestCost = cost;
    }
  }
  return best;
}
