import { hasChart, type Action } from './action';
import { takeOff } from './remove';

export const clearChart: Action = {
  id: 'clearChart',
  group: 'edit',
  menus: ['stage'],
  enabled: hasChart,
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const ids = new Set([...chart.nodes.map((n) => n.id), ...chart.hidden]);
    desk.workspace.step('action.clearChart', takeOff(desk, ids));
  },
};
