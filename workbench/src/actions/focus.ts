import { hasSelection, type Action } from './action';

export const focus: Action = {
  id: 'focus',
  group: 'view',
  icon: 'focus',
  keys: 'Shift+F',
  menus: ['node'],
  enabled: (desk) => hasSelection(desk) || desk.view.getState().focus,
  run: (desk) => desk.view.setState((s) => ({ focus: !s.focus })),
};
