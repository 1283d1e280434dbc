// Layouts as pure functions: same input, same positions (no dice). `fixed` nodes keep their place; the others
// are placed around them. Run by layoutWorker.ts, so that a big chart never freezes the page.
// Cost     force is O(ticks · n log n); 2,000 nodes take a second or two in the worker.
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force';
import { spacing, type LayoutNode, type LayoutRequest, type Placed } from '../model/placement';


export function layout(request: LayoutRequest): Placed[] {
  switch (request.name) {
    case 'force':
      return force(request);
    case 'grid':
      return grid(request);
    case 'radial':
      return radial(request);
    case 'time':
      return timeline(request);
  }
}

interface Body extends SimulationNodeDatum {
  id: string;
  fixed: boolean;
}

function force(request: LayoutRequest): Placed[] {
  const bodies: Body[] = request.nodes.map((n) =>
    n.fixed
      ? { id: n.id, fixed: true, x: n.x, y: n.y, fx: n.x, fy: n.y }
      : { id: n.id, fixed: false, x: n.x, y: n.y },
  );
  const free = bodies.filter((b) => !b.fixed).length;
  if (free === 0) return [];
  const anchored = free < bodies.length;
  const degree = new Map<string, number>();
  for (const { source, target } of request.links) {
    degree.set(source, (degree.get(source) ?? 0) + 1);
    degree.set(target, (degree.get(target) ?? 0) + 1);
  }
  const simulation = forceSimulation(bodies)
    .force(
      'link',
      forceLink<Body, { source: string | Body; target: string | Body }>(request.links.map((l) => ({ ...l })))
        .id((b) => b.id)
        .distance((l) => 92 + 10 * Math.sqrt(Math.min(degreeOf(l.source, degree), degreeOf(l.target, degree))))
        .strength(0.5),
    )
    .force('charge', forceManyBody<Body>().strength(-420).distanceMax(700))
    .force('collide', forceCollide<Body>(spacing * 0.47).iterations(2))
    .stop();
  // Without anchors the parts of a disconnected chart would drift apart for ever.
  if (!anchored) simulation.force('x', forceX<Body>(0).strength(0.045)).force('y', forceY<Body>(0).strength(0.07));
  else {
    // What has no link stays near where it began, for nothing else would hold it there.
    const start = new Map(bodies.map((b) => [b.id, { x: b.x ?? 0, y: b.y ?? 0 }]));
    const hold = (b: Body) => (degree.has(b.id) ? 0 : 0.3);
    simulation.force('x', forceX<Body>((b) => start.get(b.id)?.x ?? 0).strength(hold));
    simulation.force('y', forceY<Body>((b) => start.get(b.id)?.y ?? 0).strength(hold));
  }
  const ticks = bodies.length > 1000 ? 120 : anchored ? 140 : 300;
  for (let i = 0; i < ticks; i += 1) simulation.tick();
  return bodies.filter((b) => !b.fixed).map((b) => rounded(b.id, b.x ?? 0, b.y ?? 0));
}

function degreeOf(end: string | Body, degree: ReadonlyMap<string, number>): number {
  return degree.get(typeof end === 'string' ? end : end.id) ?? 1;
}

function rounded(id: string, x: number, y: number): Placed {
  return { id, x: Math.round(x), y: Math.round(y) };
}

// The middle of what is laid out stays where it was, so that a layout of a selection does not jump.
function recentre(request: LayoutRequest, placed: Placed[]): Placed[] {
  const free = request.nodes.filter((n) => !n.fixed);
  if (placed.length === 0 || free.length === 0) return placed;
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const dx = mean(free.map((n) => n.x)) - mean(placed.map((p) => p.x));
  const dy = mean(free.map((n) => n.y)) - mean(placed.map((p) => p.y));
  return placed.map((p) => rounded(p.id, p.x + dx, p.y + dy));
}

function byGroup(nodes: readonly LayoutNode[]): LayoutNode[] {
  return nodes
    .filter((n) => !n.fixed)
    .sort((a, b) => a.group.localeCompare(b.group) || a.id.localeCompare(b.id));
}

function grid(request: LayoutRequest): Placed[] {
  const nodes = byGroup(request.nodes);
  const columns = Math.max(1, Math.ceil(Math.sqrt(nodes.length * 1.6)));
  const placed = nodes.map((n, i) =>
    rounded(n.id, (i % columns) * spacing * 1.2, Math.floor(i / columns) * spacing),
  );
  return recentre(request, placed);
}

// Breadth-first rings around the root; a child sits near its parent's angle.
function radial(request: LayoutRequest): Placed[] {
  const free = byGroup(request.nodes);
  const first = free.find((n) => n.id === request.root) ?? mostLinked(free, request.links);
  if (!first) return [];
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of request.links) {
    neighbours.set(source, [...(neighbours.get(source) ?? []), target]);
    neighbours.set(target, [...(neighbours.get(target) ?? []), source]);
  }
  const wanted = new Set(free.map((n) => n.id));
  wanted.delete(first.id);
  const rings: string[][] = [[first.id]];
  while (wanted.size > 0) {
    const next: string[] = [];
    for (const id of rings.at(-1) ?? []) {
      for (const other of neighbours.get(id) ?? []) if (wanted.delete(other)) next.push(other);
    }
    if (next.length === 0) {
      next.push(...wanted); // what is not connected stands on the outermost ring
      wanted.clear();
    }
    rings.push(next);
  }
  const placed: Placed[] = [rounded(first.id, first.x, first.y)];
  let radius = 0;
  for (const ring of rings.slice(1)) {
    radius = Math.max(radius + spacing * 1.3, (ring.length * spacing * 0.8) / (2 * Math.PI));
    ring.forEach((id, i) => {
      const angle = (i / ring.length) * 2 * Math.PI - Math.PI / 2;
      placed.push(rounded(id, first.x + Math.cos(angle) * radius, first.y + Math.sin(angle) * radius));
    });
  }
  return placed;
}

function mostLinked(
  nodes: readonly LayoutNode[],
  links: LayoutRequest['links'],
): LayoutNode | undefined {
  const count = new Map<string, number>();
  for (const { source, target } of links) {
    count.set(source, (count.get(source) ?? 0) + 1);
    count.set(target, (count.get(target) ?? 0) + 1);
  }
  let best: LayoutNode | undefined;
  for (const n of nodes) if (!best || (count.get(n.id) ?? 0) > (count.get(best.id) ?? 0)) best = n;
  return best;
}

// Left to right by first time, one lane per kind; what has no time stands left of the first.
function timeline(request: LayoutRequest): Placed[] {
  const nodes = byGroup(request.nodes);
  const lanes = [...new Set(nodes.map((n) => n.group))];
  const ranked = [...nodes].sort((a, b) => (a.time ?? -Infinity) - (b.time ?? -Infinity) || a.id.localeCompare(b.id));
  const order = new Map(ranked.map((n, i) => [n.id, i]));
  const rows = new Map<string, number>();
  const placed = nodes.map((n) => {
    const used = rows.get(n.group) ?? 0;
    rows.set(n.group, used + 1);
    const lane = lanes.indexOf(n.group);
    return rounded(n.id, (order.get(n.id) ?? 0) * spacing * 0.55, lane * spacing * 2 + (used % 2) * spacing * 0.8);
  });
  return recentre(request, placed);
}
