// When things on the chart happened, and how many in each bin.
import type { Trajectory } from '../../api/types';
import type { Chart } from '../../model/chart';
import { linkTime, nodeTime } from '../../model/elements';

export interface TimedEvent {
  readonly ms: number;
  readonly selected: boolean;
}

export function eventsOf(
  chart: Chart,
  selection: ReadonlySet<string>,
  trajectories: readonly Trajectory[],
): TimedEvent[] {
  const events: TimedEvent[] = [];
  const seen = new Set<string>();
  for (const bundle of chart.bundles) {
    const selected = selection.has(bundle.id) || selection.has(bundle.from) || selection.has(bundle.to);
    for (const link of bundle.links) {
      const ms = linkTime(link);
      seen.add(link.id);
      if (ms !== undefined) events.push({ ms, selected });
    }
  }
  for (const node of chart.nodes) {
    const ms = node.kind === 'event' ? nodeTime(node.data) : undefined;
    if (ms !== undefined) events.push({ ms, selected: selection.has(node.id) });
  }
  for (const { sightings } of trajectories) {
    for (const s of sightings) if (!seen.has(s.link)) events.push({ ms: s.time_us / 1000, selected: true });
  }
  return events;
}

export interface Bins {
  readonly from: number;
  readonly step: number;
  readonly selected: readonly number[];
  readonly others: readonly number[];
}

const minute = 60_000;
const day = 86_400_000;
const steps = [minute, 5 * minute, 15 * minute, 60 * minute, 3 * 60 * minute, 6 * 60 * minute, 12 * 60 * minute, day, 2 * day, 7 * day, 14 * day, 30 * day, 91 * day, 365 * day];

export interface Span {
  readonly first: number; // ms
  readonly last: number;
}

// From the first to the last event of the selection; null where it has none or only one moment.
export function spanOf(events: readonly TimedEvent[]): Span | null {
  const span = extent(events.filter((e) => e.selected));
  return span && span.last > span.first ? span : null;
}

function extent(events: readonly TimedEvent[]): Span | null {
  let first = Infinity;
  let last = -Infinity;
  for (const { ms } of events) {
    first = Math.min(first, ms);
    last = Math.max(last, ms);
  }
  return first <= last ? { first, last } : null;
}

// At most `binsMax` bins of a round width, over all events or those within a span.
export function binsOf(all: readonly TimedEvent[], span: Span | null = null, binsMax = 120): Bins | null {
  const events = span ? all.filter(({ ms }) => ms >= span.first && ms <= span.last) : all;
  const range = extent(events);
  if (!range) return null;
  const { first, last } = range;
  const step = steps.find((s) => (last - first) / s < binsMax - 1) ?? Math.ceil((last - first) / (binsMax - 1) / day) * day;
  const from = Math.floor(first / step) * step;
  const count = Math.floor((last - from) / step) + 1;
  const selected = new Array<number>(count).fill(0);
  const others = new Array<number>(count).fill(0);
  for (const { ms, selected: chosen } of events) {
    const list = chosen ? selected : others;
    const at = Math.floor((ms - from) / step);
    list[at] = (list[at] ?? 0) + 1;
  }
  return { from, step, selected, others };
}
