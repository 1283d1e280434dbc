import { selected, type Action } from './action';

export const fit: Action = {
  id: 'fit',
  group: 'view',
  icon: 'fit',
  keys: 'F',
  menus: ['stage'],
  run: (desk) => desk.ports.camera?.fit(selected(desk)),
};
