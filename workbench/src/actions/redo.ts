import type { Action } from './action';

export const redo: Action = {
  id: 'redo',
  group: 'edit',
  icon: 'redo',
  keys: 'Ctrl+Shift+Z',
  everywhere: true,
  menus: ['stage'],
  enabled: (desk) => desk.chart.getState().redoLabel !== null,
  run: (desk) => desk.workspace.redo(),
};
