import { hasSelection, selected, type Action } from './action';

export const hide: Action = {
  id: 'hide',
  group: 'view',
  icon: 'hide',
  keys: 'H',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => {
    const edits = selected(desk).map((element) => ({ element, property: 'shown', value: false }));
    desk.workspace.step('action.hide', edits);
  },
};
