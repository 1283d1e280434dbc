// Finds the action of a key press. Texts being typed are left alone, except for keys with Ctrl or Alt.
import type { Action } from './action';
import { allActions } from './all';

interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

// `?` and `+` already contain their Shift.
export function keyText(press: KeyPress): string {
  const letter = press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const shifted = press.shiftKey && (press.key.length > 1 || /[A-Za-z]/.test(press.key));
  return [
    press.ctrlKey || press.metaKey ? 'Ctrl+' : '',
    press.altKey ? 'Alt+' : '',
    shifted ? 'Shift+' : '',
    letter,
  ].join('');
}

export function actionFor(
  press: KeyPress,
  where: { readonly chartFocused: boolean; readonly typing: boolean },
): Action | undefined {
  const text = keyText(press);
  return allActions.find((action) => {
    if (action.keys !== text) return false;
    const plain = !/^(Ctrl|Alt)\+|^F\d/.test(text);
    if (where.typing && plain) return false;
    if (where.typing && (text === 'Ctrl+Z' || text === 'Ctrl+Shift+Z' || text === 'Ctrl+A')) return false;
    return action.everywhere === true || where.chartFocused;
  });
}
