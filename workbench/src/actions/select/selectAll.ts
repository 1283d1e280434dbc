import { hasChart, type Action } from '../action';

export const selectAll: Action = {
  id: 'selectAll',
  group: 'select',
  keys: 'Ctrl+A',
  menus: ['stage'],
  enabled: hasChart,
  run: (desk) => {
    const ids = desk.chart.getState().chart.nodes.map((n) => n.id);
    desk.view.setState({ selection: new Set(ids) });
  },
};
