import { describe, expect, it } from 'vitest';
import { mixColours } from './colour';
import { inside, midpoint } from './overlay';

describe('overlay', () => {
  it('tells what a lasso holds', () => {
    const square = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }];
    expect(inside({ x: 5, y: 5 }, square)).toBe(true);
    expect(inside({ x: 15, y: 5 }, square)).toBe(false);
  });
  it('puts the label of a bent link off the straight line', () => {
    expect(midpoint({ x: 0, y: 0 }, { x: 10, y: 0 }, 0)).toEqual({ x: 5, y: 0 });
    expect(midpoint({ x: 0, y: 0 }, { x: 10, y: 0 }, 0.4).y).not.toBe(0);
  });
  it('mixes colours', () => {
    expect(mixColours('#000000', '#ffffff', 0.5)).toBe('#808080');
    expect(mixColours('#123456', '#ffffff', 1)).toBe('#123456');
  });
});
