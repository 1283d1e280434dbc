import { only, type Action } from './action';

export const note: Action = {
  id: 'note',
  group: 'edit',
  icon: 'note',
  keys: 'N',
  menus: ['node'],
  enabled: (desk) => only(desk) !== undefined,
  run: (desk) => desk.view.setState({ dialog: 'note', dialogTarget: only(desk) ?? null, panelOpen: true }),
};
