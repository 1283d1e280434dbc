import { describe, expect, it } from 'vitest';
import type { LayoutName, LayoutNode } from '../model/placement';
import { layout } from './layout';

const nodes: LayoutNode[] = Array.from({ length: 40 }, (_, i) => ({
  id: `n${i}`,
  x: (i % 7) * 10,
  y: Math.floor(i / 7) * 10,
  fixed: i < 5,
  group: i % 2 ? 'person' : 'phone',
  time: i % 3 ? i * 1000 : undefined,
}));
const links = Array.from({ length: 39 }, (_, i) => ({ source: `n${Math.floor(i / 3)}`, target: `n${i + 1}` }));
const names: LayoutName[] = ['force', 'grid', 'radial', 'time'];

describe('layout', () => {
  it.each(names)('%s never moves what is fixed and gives the same places again', (name) => {
    const placed = layout({ name, nodes, links });
    expect(placed.map((p) => p.id).sort()).toEqual(nodes.filter((n) => !n.fixed).map((n) => n.id).sort());
    expect(layout({ name, nodes, links })).toEqual(placed);
    for (const p of placed) expect(Number.isFinite(p.x) && Number.isFinite(p.y)).toBe(true);
  });
  it.each(names)('%s lets no two stand on one spot', (name) => {
    const placed = layout({ name, nodes: nodes.map((n) => ({ ...n, fixed: false })), links });
    for (const a of placed) {
      for (const b of placed) if (a.id < b.id) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(20);
    }
  });
  it('time goes left to right', () => {
    const placed = new Map(layout({ name: 'time', nodes: nodes.map((n) => ({ ...n, fixed: false })), links }).map((p) => [p.id, p.x]));
    expect(placed.get('n38')!).toBeGreaterThan(placed.get('n4')!);
    expect(placed.get('n3')!).toBeLessThan(placed.get('n4')!); // no time: before the first
  });
});
