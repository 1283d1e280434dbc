import { hasSelection, type Action } from './action';

export const trajectory: Action = {
  id: 'trajectory',
  group: 'open',
  icon: 'trajectory',
  keys: 'T',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => desk.view.setState({ page: 'split' }),
};
