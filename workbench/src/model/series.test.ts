import { describe, expect, it } from 'vitest';
import { seriesOf } from './series';

const day = (value: string) => ({ $type: 'date', value });

describe('series', () => {
  it('draws numbers per name', () => {
    expect(seriesOf(['name', 'n'], [['b', 2], ['a', { $type: 'integer', value: '9007199254740993' }]])).toEqual({
      axis: 'name', time: false, points: ['b', 'a'], lines: [{ name: 'n', values: [2, 9007199254740992] }], cut: 0,
    });
  });
  it('puts times in their order', () => {
    const series = seriesOf(['n', 'day'], [[2, day('2026-03-02')], [1, day('2026-03-01')]]);
    expect(series).toMatchObject({ axis: 'day', time: true, points: ['2026-03-01', '2026-03-02'], lines: [{ values: [1, 2] }] });
  });
  it('takes the first of only numbers as the axis, and one column as it stands', () => {
    expect(seriesOf(['x', 'y'], [[1, 5]])).toMatchObject({ axis: 'x', points: ['1'], lines: [{ name: 'y', values: [5] }] });
    expect(seriesOf(['n'], [[7], [null]])).toMatchObject({ points: ['1', '2'], lines: [{ values: [7, 0] }] });
  });
  it('draws nothing without numbers, and says what it leaves out', () => {
    expect(seriesOf(['name'], [['a']])).toBeNull();
    expect(seriesOf(['n'], [])).toBeNull();
    expect(seriesOf(['n'], Array.from({ length: 203 }, (_, i) => [i]))?.cut).toBe(3);
  });
});
