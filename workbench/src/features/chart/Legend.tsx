// Legend as filter: click fades a kind, Alt-click hides it from this view. Neither changes the chart itself.
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { kinds, type Kind } from '../../model/kinds';
import { useChart, useDesk, useView } from '../desk/desk';
import { KindGlyph } from '../desk/KindGlyph';

function flip(set: ReadonlySet<Kind>, kind: Kind): Set<Kind> {
  const next = new Set(set);
  if (!next.delete(kind)) next.add(kind);
  return next;
}

function without(set: ReadonlySet<Kind>, kind: Kind): Set<Kind> {
  return new Set([...set].filter((k) => k !== kind));
}

export function Legend() {
  const { t } = useTranslation();
  const desk = useDesk();
  const nodes = useChart((s) => s.chart.nodes);
  const fadedKinds = useView((s) => s.fadedKinds);
  const hiddenKinds = useView((s) => s.hiddenKinds);
  const counts = useMemo(() => {
    const map = new Map<Kind, number>();
    for (const node of nodes) map.set(node.kind, (map.get(node.kind) ?? 0) + 1);
    return map;
  }, [nodes]);
  if (counts.size === 0) return null;
  return (
    <div className="legend" role="group" aria-label={t('legend.label')} title={t('legend.help')}>
      {kinds
        .filter((kind) => counts.has(kind))
        .map((kind) => {
          const state = hiddenKinds.has(kind) ? 'hidden' : fadedKinds.has(kind) ? 'faded' : 'shown';
          return (
            <button
              key={kind}
              type="button"
              className={`legend-item ${state}`}
              aria-pressed={state === 'shown'}
              onClick={(e) =>
                desk.view.setState((s) =>
                  e.altKey
                    ? { hiddenKinds: flip(s.hiddenKinds, kind), fadedKinds: without(s.fadedKinds, kind) }
                    : s.hiddenKinds.has(kind)
                      ? { hiddenKinds: without(s.hiddenKinds, kind) }
                      : { fadedKinds: flip(s.fadedKinds, kind) },
                )
              }
            >
              <KindGlyph kind={kind} size={16} />
              {t(`kind.${kind}`)} <span className="muted">{counts.get(kind)}</span>
              <span className="sr-only">{t(`legend.state.${state}`)}</span>
            </button>
          );
        })}
    </div>
  );
}
