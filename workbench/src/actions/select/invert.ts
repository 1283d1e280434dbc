import { hasChart, type Action } from '../action';

export const invert: Action = {
  id: 'invert',
  group: 'select',
  keys: 'I',
  menus: ['stage'],
  enabled: hasChart,
  run: (desk) => {
    const { selection } = desk.view.getState();
    const ids = desk.chart.getState().chart.nodes.map((n) => n.id);
    desk.view.setState({ selection: new Set(ids.filter((id) => !selection.has(id))) });
  },
};
