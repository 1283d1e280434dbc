// The chart that registers and known elements make together: what stands where, what is hidden, and parallel
// links merged into bundles.
import { kindOfNode, linkTime, nodeTime, typeText, type LinkData, type NodeData } from './elements';
import type { Kind } from './kinds';
import type { Registers } from './registers';

export interface ChartNode {
  readonly id: string;
  readonly data: NodeData;
  readonly kind: Kind;
  readonly x: number;
  readonly y: number;
  readonly pinned: boolean;
}

// Links of one type from one entity to another.
export interface Bundle {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly links: readonly LinkData[];
  readonly curvature: number;
}

export interface Chart {
  readonly nodes: readonly ChartNode[]; // shown, in the order they came
  readonly byId: ReadonlyMap<string, ChartNode>;
  readonly bundles: readonly Bundle[];
  readonly links: readonly LinkData[]; // shown links between shown nodes
  readonly hidden: readonly string[]; // on the chart, hidden by hand
  readonly unknown: readonly string[]; // on the chart, not loaded yet
  readonly neighbours: ReadonlyMap<string, ReadonlySet<string>>;
}

export const emptyChart: Chart = {
  nodes: [],
  byId: new Map(),
  bundles: [],
  links: [],
  hidden: [],
  unknown: [],
  neighbours: new Map(),
};

export function deriveChart(
  registers: Registers,
  nodes: ReadonlyMap<string, NodeData>,
  links: ReadonlyMap<string, LinkData>,
): Chart {
  const shown: ChartNode[] = [];
  const hidden: string[] = [];
  const unknown: string[] = [];
  const shownLinks: LinkData[] = [];
  for (const [id, properties] of registers) {
    const visible = properties['shown']?.value;
    if (visible === undefined || id.startsWith('note:')) continue;
    if (id.startsWith('l')) {
      const link = links.get(id);
      if (!link) unknown.push(id);
      else if (visible === true) shownLinks.push(link);
      else hidden.push(id);
      continue;
    }
    const data = nodes.get(id);
    if (!data) {
      unknown.push(id);
      continue;
    }
    if (visible !== true) {
      hidden.push(id);
      continue;
    }
    const at = properties['position']?.value;
    const { x, y } = typeof at === 'object' && at !== null ? at : { x: 0, y: 0 };
    shown.push({ id, data, kind: kindOfNode(data), x, y, pinned: properties['pinned']?.value === true });
  }
  const byId = new Map(shown.map((n) => [n.id, n]));
  const between = shownLinks.filter((l) => byId.has(l.from) && byId.has(l.to));
  return {
    nodes: shown,
    byId,
    bundles: bundle(between),
    links: between,
    hidden,
    unknown,
    neighbours: neighbourSets(between),
  };
}

export function bundleId(link: Pick<LinkData, 'from' | 'to' | 'type'>): string {
  return `${link.from}>${link.to}:${link.type}`;
}

export function bundleText(bundle: Bundle): string {
  const text = typeText(bundle.type);
  return bundle.links.length > 1 ? `${text} ×${bundle.links.length}` : text;
}

const curveStep = 0.22;

function bundle(links: readonly LinkData[]): Bundle[] {
  const byId = new Map<string, LinkData[]>();
  for (const link of links) {
    const id = bundleId(link);
    const list = byId.get(id);
    if (list) list.push(link);
    else byId.set(id, [link]);
  }
  const pairs = new Map<string, string[]>();
  for (const [id, list] of byId) {
    const { from, to } = list[0] as LinkData;
    const pair = from < to ? `${from}|${to}` : `${to}|${from}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), id]);
  }
  const bundles: Bundle[] = [];
  for (const ids of pairs.values()) {
    ids.sort();
    ids.forEach((id, i) => {
      const list = byId.get(id) as LinkData[];
      const { from, to, type } = list[0] as LinkData;
      // Spread evenly around the straight line; the sign turns with the direction, so that two opposite
      // links bend apart instead of onto each other.
      const offset = (i - (ids.length - 1) / 2) * curveStep;
      bundles.push({ id, type, from, to, links: list, curvature: from < to ? offset : -offset });
    });
  }
  return bundles;
}

function neighbourSets(links: readonly LinkData[]): Map<string, Set<string>> {
  const sets = new Map<string, Set<string>>();
  const add = (a: string, b: string) => {
    const set = sets.get(a);
    if (set) set.add(b);
    else sets.set(a, new Set([b]));
  };
  for (const { from, to } of links) {
    add(from, to);
    add(to, from);
  }
  return sets;
}

// What collapsing an entity takes off: neighbours that hang on it alone. Pinned ones stay.
export function leavesOf(chart: Chart, id: string): string[] {
  return [...(chart.neighbours.get(id) ?? [])].filter((other) => {
    const node = chart.byId.get(other);
    return node !== undefined && !node.pinned && (chart.neighbours.get(other)?.size ?? 0) === 1;
  });
}

// First time each entity is seen on the chart: of its links, else its own.
export function firstTimes(chart: Chart): Map<string, number> {
  const first = new Map<string, number>();
  const note = (id: string, ms: number | undefined) => {
    if (ms !== undefined && ms < (first.get(id) ?? Infinity)) first.set(id, ms);
  };
  for (const link of chart.links) {
    note(link.from, linkTime(link));
    note(link.to, linkTime(link));
  }
  for (const node of chart.nodes) if (!first.has(node.id)) note(node.id, nodeTime(node.data));
  return first;
}
