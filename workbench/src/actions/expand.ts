import { only, type Action } from './action';

// Counts come before anything loads; the dialog decides whether to load at once (50 or fewer) or to ask.
export const expand: Action = {
  id: 'expand',
  group: 'open',
  icon: 'expand',
  keys: 'E',
  menus: ['node'],
  enabled: (desk) => only(desk) !== undefined,
  run: (desk) => desk.view.setState({ dialog: 'expand', dialogTarget: only(desk) ?? null }),
};
