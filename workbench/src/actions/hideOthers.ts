import { hasSelection, selected, type Action } from './action';

export const hideOthers: Action = {
  id: 'hideOthers',
  group: 'view',
  icon: 'only',
  keys: 'Shift+H',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => {
    const keep = new Set(selected(desk));
    const others = desk.chart.getState().chart.nodes.filter((n) => !keep.has(n.id));
    const edits = others.map((n) => ({ element: n.id, property: 'shown', value: false }));
    desk.workspace.step('action.hideOthers', edits);
  },
};
