import { describe, expect, it } from 'vitest';
import { bundleText, deriveChart, leavesOf } from './chart';
import { detailOf, linkTime, type LinkData, type NodeData } from './elements';
import { History } from './history';
import { kindOf, kinds } from './kinds';
import { personColour } from './people';
import { sprout } from './placement';
import { notesOf, setEntry, valueOf, type Edit, type Entry, type Registers } from './registers';
import { compareValues, formatValue, timeOf } from './values';

const valid = { from_us: null, to_us: null };
const node = (id: string, labels = ['Person']): NodeData => ({ id, labels, caption: id, properties: {}, valid });
const link = (id: string, from: string, to: string, type = 'CALLED'): LinkData => ({ id, type, from, to, properties: {}, valid });

function registersOf(edits: readonly Edit[], base: Registers = new Map()): Registers {
  const map = new Map<string, Readonly<Record<string, Entry>>>(base);
  let seq = 0;
  for (const e of edits) setEntry(map, { ...e, seq: (seq += 1), person: 'lin', unit: 'east', time_us: seq });
  return map;
}

const shown = (...ids: string[]): Edit[] => ids.map((element) => ({ element, property: 'shown', value: true }));

describe('values', () => {
  it('keeps integers beyond 2^53 exact', () => {
    const big = { $type: 'integer', value: '4613937818241074769' };
    expect(formatValue(big)).toBe('4613937818241074769');
    expect(compareValues(big, { $type: 'integer', value: '4613937818241074770' })).toBe(-1);
    expect(compareValues(big, 5)).toBe(1);
  });
  it('reads times with and without zones', () => {
    expect(timeOf({ $type: 'datetime', value: '2024-05-01T08:00+08:00[Asia/Shanghai]' })).toBe(Date.UTC(2024, 4, 1));
    expect(timeOf({ $type: 'localdatetime', value: '2024-05-01T08:00:00.123456' })).toBe(Date.UTC(2024, 4, 1, 8, 0, 0, 123));
    expect(timeOf({ $type: 'date', value: '2024-05-01' })).toBe(Date.UTC(2024, 4, 1));
    expect(timeOf('2024-05-01')).toBeUndefined();
  });
  it('writes points as latitude, longitude', () => {
    expect(formatValue({ $type: 'point', srid: 4326, x: 116.4, y: 39.9 })).toBe('39.90000, 116.40000');
  });
});

describe('kinds', () => {
  it('knows labels in any case and words within labels', () => {
    expect(kindOf(['BaseStation'])).toBe('place');
    expect(kindOf(['EBike'])).toBe('vehicle');
    expect(kindOf(['Whatever'])).toBe('object');
    expect(kinds.length).toBeLessThanOrEqual(16); // cells of the glyph atlas
  });
  it('takes the time of a link from its validity, else from a property', () => {
    expect(linkTime({ ...link('l1', 'n1', 'n2'), valid: { from_us: 5_000_000, to_us: null } })).toBe(5000);
    const timed = { ...link('l1', 'n1', 'n2'), properties: { time: { $type: 'localdatetime', value: '2024-01-01T00:00:00' } } };
    expect(linkTime(timed)).toBe(Date.UTC(2024, 0, 1));
  });
  it('does not repeat the caption as detail', () => {
    expect(detailOf({ ...node('n1'), caption: 'Wang', properties: { number: 'Wang', pinyin: 'Wang Wei' } })).toBe('Wang Wei');
  });
  it('gives a person one colour for ever', () => {
    expect(personColour('lin')).toBe(personColour('lin'));
  });
});

describe('chart', () => {
  const nodes = new Map([node('n1'), node('n2'), node('n3')].map((n) => [n.id, n]));
  const links = new Map(
    [link('l1', 'n1', 'n2'), link('l2', 'n1', 'n2'), link('l3', 'n2', 'n1'), link('l4', 'n1', 'n2', 'OWNS'), link('l5', 'n1', 'n3')].map((l) => [l.id, l]),
  );
  it('merges parallel links of one type and bends the others apart', () => {
    const chart = deriveChart(registersOf(shown('n1', 'n2', 'l1', 'l2', 'l3', 'l4')), nodes, links);
    expect(chart.bundles.map((b) => [b.id, b.links.length]).sort()).toEqual([
      ['n1>n2:CALLED', 2],
      ['n1>n2:OWNS', 1],
      ['n2>n1:CALLED', 1],
    ]);
    expect(bundleText(chart.bundles.find((b) => b.links.length === 2)!)).toBe('called ×2');
    // Seen from one side, no two have the same bend.
    const bends = chart.bundles.map((b) => (b.from < b.to ? b.curvature : -b.curvature));
    expect(new Set(bends).size).toBe(3);
  });
  it('draws a link only between shown ends', () => {
    const hidden: Edit = { element: 'n2', property: 'shown', value: false };
    const chart = deriveChart(registersOf([...shown('n1', 'n2', 'l1'), hidden]), nodes, links);
    expect(chart.links).toEqual([]);
    expect(chart.hidden).toEqual(['n2']);
  });
  it('names what it cannot draw yet', () => {
    expect(deriveChart(registersOf(shown('n1', 'n9', 'l9')), nodes, links).unknown).toEqual(['n9', 'l9']);
  });
  it('collapses only what hangs on the entity alone and is not pinned', () => {
    const edits = [...shown('n1', 'n2', 'n3', 'l1', 'l5')];
    const chart = deriveChart(registersOf(edits), nodes, links);
    expect(leavesOf(chart, 'n1').sort()).toEqual(['n2', 'n3']);
    const pinned = deriveChart(registersOf([...edits, { element: 'n3', property: 'pinned', value: true }]), nodes, links);
    expect(leavesOf(pinned, 'n1')).toEqual(['n2']);
  });
  it('lists notes that are shown, oldest first', () => {
    const registers = registersOf([
      { element: 'note:b@n1', property: 'text', value: 'second' },
      { element: 'note:b@n1', property: 'shown', value: true },
      { element: 'note:gone@n1', property: 'text', value: 'no' },
    ]);
    expect(notesOf(registers, 'n1').map((n) => n.text)).toEqual(['second']);
    expect(notesOf(registers, 'n2')).toEqual([]);
  });
});

describe('history', () => {
  const at = (element: string, x: number): Edit => ({ element, property: 'position', value: { x, y: 0 } });
  it('undoes and redoes a step as a whole', () => {
    const history = new History();
    const before = registersOf([at('n1', 1)]);
    const edits = [at('n1', 5), ...shown('n2')];
    history.record('action.move', edits, before);
    const after = registersOf(edits, before);
    const undo = history.undo(after)!;
    expect(undo.kept).toBe(0);
    const undone = registersOf(undo.edits, after);
    expect(valueOf(undone, 'n1', 'position')).toEqual({ x: 1, y: 0 });
    expect(undone.has('n2')).toBe(false);
    expect(valueOf(registersOf(history.redo(undone)!.edits, undone), 'n1', 'position')).toEqual({ x: 5, y: 0 });
  });
  it('leaves alone what someone changed since', () => {
    const history = new History();
    const edits = [at('n1', 5), at('n2', 5)];
    history.record('action.move', edits, new Map());
    const foreign = registersOf([at('n1', 9)], registersOf(edits));
    const undo = history.undo(foreign)!;
    expect(undo.kept).toBe(1);
    expect(undo.edits.map((e) => e.element)).toEqual(['n2']);
  });
  it('forgets redo after a new step and records no step that changes nothing', () => {
    const history = new History();
    const before = registersOf([at('n1', 1)]);
    history.record('a', [at('n1', 2)], before);
    history.undo(registersOf([at('n1', 2)], before));
    history.record('same', [at('n1', 1)], before);
    expect(history.redoLabel).toBe('a');
    history.record('b', [at('n1', 3)], before);
    expect(history.redoLabel).toBeNull();
  });
});

describe('sprout', () => {
  it('puts many new neighbours apart from each other and away from what stands there', () => {
    const placed = sprout({ x: 0, y: 0 }, Array.from({ length: 60 }, (_, i) => `n${i}`), [{ x: 100, y: 0 }]);
    expect(placed.length).toBe(60);
    for (const a of placed) {
      for (const b of placed) if (a.id < b.id) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(30);
    }
  });
});
