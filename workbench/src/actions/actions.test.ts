import { describe, expect, it } from 'vitest';
import { allActions } from './all';
import { actionFor, keyText } from './keys';

const press = (key: string, extra: Partial<{ ctrlKey: boolean; shiftKey: boolean; altKey: boolean; metaKey: boolean }> = {}) => ({
  key,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
  metaKey: false,
  ...extra,
});
const chart = { chartFocused: true, typing: false };

describe('actions', () => {
  it('have one id and one key each', () => {
    const ids = allActions.map((a) => a.id);
    const keys = allActions.flatMap((a) => (a.keys ? [a.keys] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it('take no key that the browser needs', () => {
    const taken = ['Ctrl+H', 'Ctrl+F', 'Ctrl+D', 'Ctrl+T', 'Ctrl+W', 'Ctrl+N', 'Ctrl+R', 'Ctrl+P', 'Ctrl+L'];
    for (const a of allActions) expect(taken).not.toContain(a.keys);
  });
  it('read key presses', () => {
    expect(keyText(press('e'))).toBe('E');
    expect(keyText(press('E', { shiftKey: true }))).toBe('Shift+E');
    expect(keyText(press('z', { metaKey: true, shiftKey: true }))).toBe('Ctrl+Shift+Z');
    expect(keyText(press('?', { shiftKey: true }))).toBe('?');
  });
  it('act on single letters only while the chart has the focus (WCAG 2.1.4)', () => {
    expect(actionFor(press('e'), chart)?.id).toBe('expand');
    expect(actionFor(press('e'), { chartFocused: false, typing: false })).toBeUndefined();
    expect(actionFor(press('e'), { chartFocused: false, typing: true })).toBeUndefined();
  });
  it('leave undo to the text that is being typed', () => {
    expect(actionFor(press('z', { ctrlKey: true }), { chartFocused: false, typing: true })).toBeUndefined();
    expect(actionFor(press('z', { ctrlKey: true }), chart)?.id).toBe('undo');
    expect(actionFor(press('k', { ctrlKey: true }), { chartFocused: false, typing: true })?.id).toBe('palette');
  });
});
