import type { Action } from './action';

export const labels: Action = {
  id: 'labels',
  group: 'view',
  icon: 'labels',
  keys: 'Shift+L',
  menus: ['stage'],
  run: (desk) => desk.view.setState((s) => ({ labels: !s.labels })),
};
