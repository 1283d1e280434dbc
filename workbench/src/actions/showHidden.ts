import type { Action } from './action';

export const showHidden: Action = {
  id: 'showHidden',
  group: 'view',
  icon: 'show',
  keys: 'U',
  menus: ['stage'],
  enabled: (desk) => desk.chart.getState().chart.hidden.length > 0,
  run: (desk) => {
    const { hidden } = desk.chart.getState().chart;
    const edits = hidden.map((element) => ({ element, property: 'shown', value: true }));
    desk.workspace.step('action.showHidden', edits);
  },
};
