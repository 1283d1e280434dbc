import { hasSelection, selected, type Action } from './action';

export const pin: Action = {
  id: 'pin',
  group: 'edit',
  icon: 'pin',
  keys: 'P',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => {
    const { byId } = desk.chart.getState().chart;
    const ids = selected(desk);
    const all = ids.every((id) => byId.get(id)?.pinned);
    const edits = ids.map((element) => ({ element, property: 'pinned', value: all ? null : true }));
    desk.workspace.step('action.pin', edits);
  },
};
