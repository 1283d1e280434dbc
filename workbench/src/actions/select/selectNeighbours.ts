import { hasSelection, selected, type Action } from '../action';

export const selectNeighbours: Action = {
  id: 'selectNeighbours',
  group: 'select',
  keys: 'Shift+N',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const ids = selected(desk);
    const more = ids.flatMap((id) => [...(chart.neighbours.get(id) ?? [])]);
    desk.view.setState({ selection: new Set([...ids, ...more]) });
  },
};
