import { hasChart, selected, type Action } from './action';

export const connect: Action = {
  id: 'connect',
  group: 'open',
  icon: 'connect',
  keys: 'C',
  menus: ['node', 'stage'],
  enabled: hasChart,
  run: (desk) => {
    const chosen = selected(desk);
    const ids = chosen.length > 0 ? chosen : desk.chart.getState().chart.nodes.map((n) => n.id);
    return desk.workspace.connect(ids);
  },
};
