// From the chart and the view to what the renderer draws: opacity, rings, selection, labels.
import type { Scene, SceneLink, SceneNode } from '../../canvas/scene';
import { bundleText, type Bundle, type ChartNode } from '../../model/chart';
import { detailOf, linkTime } from '../../model/elements';
import { notesOf } from '../../model/registers';
import type { ChartState, TimeWindow, ViewState } from '../../model/stores';

const faded = 0.15;
const waiting = 0.6;

type ViewPart = Pick<ViewState, 'selection' | 'window' | 'fadedKinds' | 'hiddenKinds' | 'focus'>;

function inWindow(bundle: Bundle, window: TimeWindow | null): boolean {
  if (!window) return true;
  return bundle.links.some((link) => {
    const ms = linkTime(link);
    if (ms === undefined) return true; // what has no time is never out of the window
    const end = link.valid.to_us === null ? ms : link.valid.to_us / 1000;
    return end >= window.from && ms <= window.to;
  });
}

function focused(state: ChartState, view: ViewPart): ReadonlySet<string> | null {
  if (!view.focus || view.selection.size === 0) return null;
  const near = new Set(view.selection);
  for (const id of view.selection) for (const other of state.chart.neighbours.get(id) ?? []) near.add(other);
  return near;
}

export function buildScene(state: ChartState, view: ViewPart): Scene {
  const { chart, unconfirmed, live } = state;
  const near = focused(state, view);
  const active = activeInWindow(state, view.window);
  const rings = new Map<string, string[]>();
  for (const person of live?.people ?? []) {
    for (const id of person.selection) rings.set(id, [...(rings.get(id) ?? []), person.colour]);
  }
  const noted = new Set(notesOf(state.registers).map((n) => n.on));
  const nodes: SceneNode[] = [];
  const shown = new Set<string>();
  const dim = new Set<string>();
  for (const node of chart.nodes) {
    if (view.hiddenKinds.has(node.kind)) continue;
    shown.add(node.id);
    const out = view.fadedKinds.has(node.kind) || (near && !near.has(node.id)) || (active && !active.has(node.id));
    if (out) dim.add(node.id);
    nodes.push(sceneNode(node, state, {
      opacity: out ? faded : unconfirmed.has(node.id) ? waiting : 1,
      selected: view.selection.has(node.id),
      rings: rings.get(node.id) ?? [],
      noted: noted.has(node.id),
    }));
  }
  const links: SceneLink[] = [];
  for (const bundle of chart.bundles) {
    if (!shown.has(bundle.from) || !shown.has(bundle.to)) continue;
    const out = dim.has(bundle.from) || dim.has(bundle.to) || !inWindow(bundle, view.window);
    const pending = bundle.links.every((l) => unconfirmed.has(l.id));
    links.push({
      id: bundle.id,
      source: bundle.from,
      target: bundle.to,
      label: bundleText(bundle),
      count: bundle.links.length,
      curvature: bundle.curvature,
      opacity: out ? faded : pending ? waiting : 1,
      selected: view.selection.has(bundle.id),
    });
  }
  return { nodes, links };
}

function sceneNode(
  node: ChartNode,
  state: ChartState,
  look: { opacity: number; selected: boolean; rings: readonly string[]; noted: boolean },
): SceneNode {
  return {
    id: node.id,
    kind: node.kind,
    label: node.data.caption,
    detail: detailOf(node.data),
    x: node.x,
    y: node.y,
    pinned: node.pinned,
    from: state.births.get(node.id),
    ...look,
  };
}

// Entities with a link inside the window, or with no timed link at all; null without a window.
function activeInWindow(state: ChartState, window: TimeWindow | null): Set<string> | null {
  if (!window) return null;
  const active = new Set<string>();
  const timed = new Set<string>();
  for (const bundle of state.chart.bundles) {
    const inside = inWindow(bundle, window);
    for (const id of [bundle.from, bundle.to]) {
      timed.add(id);
      if (inside) active.add(id);
    }
  }
  for (const node of state.chart.nodes) if (!timed.has(node.id)) active.add(node.id);
  return active;
}
