import type { Action } from './action';

export const undo: Action = {
  id: 'undo',
  group: 'edit',
  icon: 'undo',
  keys: 'Ctrl+Z',
  everywhere: true,
  menus: ['stage'],
  enabled: (desk) => desk.chart.getState().undoLabel !== null,
  run: (desk) => desk.workspace.undo(),
};
