import { describe, expect, it } from 'vitest';
import { parsePlan, wholeMs } from './plan';

const profile = `Project  #4 AS count(p)  (~1 rows; 1 rows, 0.003 ms)
  Aggregate  count(p)  (~1 rows; 1 rows, 0.055 ms, 8 bytes)
    Filter  p:Person AND EXISTS {…}  (~1955 rows; 726 rows, 105.039 ms)
      ScanNodes  (p:Person)  (~3909 rows; 3909 rows, 1.727 ms, 3909 rows in 4 reads)
        Argument  (~1 rows; 1 rows, 0.001 ms)
      subquery
        Filter  #2:Vehicle  (~1 rows; 777 rows, 65.599 ms)
`;

describe('plan', () => {
  it('is a tree of operators with rows and times', () => {
    const filter = parsePlan(profile)?.children[0]?.children[0];
    expect(filter).toMatchObject({ operator: 'Filter', details: 'p:Person AND EXISTS {…}', estimated: 1955, rows: 726, ms: 105.039 });
    expect(filter?.children.map((c) => c.operator)).toEqual(['ScanNodes', 'subquery']);
    expect(filter?.children[1]?.children[0]?.details).toBe('#2:Vehicle');
    expect(filter?.children[0]?.children[0]).toMatchObject({ operator: 'Argument', details: '' });
  });
  it('knows memory, reads and the time of all', () => {
    const root = parsePlan(profile);
    expect(root?.children[0]).toMatchObject({ bytes: 8, ms: 0.055 });
    expect(root?.children[0]?.children[0]?.children[0]).toMatchObject({ rowsRead: 3909, reads: 4 });
    expect(root && wholeMs(root)).toBeCloseTo(0.003 + 0.055 + 105.039 + 1.727 + 0.001 + 65.599, 3);
  });
  it('has no times before it ran, and keeps brackets of details', () => {
    const root = parsePlan("Filter  (p.name STARTS WITH '王') AND x  (~38 rows)\n  Argument  (~1 rows)\n");
    expect(root).toMatchObject({ details: "(p.name STARTS WITH '王') AND x", estimated: 38 });
    expect(root?.ms).toBeUndefined();
    expect(root && wholeMs(root)).toBe(0);
  });
  it('knows what it is expected to cost', () => {
    expect(parsePlan('Argument  (~1 rows, cost 12)\n')).toMatchObject({ estimated: 1, cost: 12 });
    expect(parsePlan('Argument  (~1 rows, cost 12; 1 rows, 0.001 ms)\n')).toMatchObject({ cost: 12, rows: 1, ms: 0.001 });
  });
  it('leaves other text alone', () => {
    expect(parsePlan('no plan')).toBeNull();
    expect(parsePlan('A  (~1 rows)\n    B  (~1 rows)\n')).toBeNull();
    expect(parsePlan('')).toBeNull();
  });
});
