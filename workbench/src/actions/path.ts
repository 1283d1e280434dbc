import { selected, type Action } from './action';

export const path: Action = {
  id: 'path',
  group: 'open',
  icon: 'path',
  keys: 'Shift+P',
  menus: ['node'],
  enabled: (desk) => selected(desk).length === 2,
  run: async (desk) => {
    const [from, to] = selected(desk);
    if (from && to) await desk.workspace.path(from, to);
  },
};
