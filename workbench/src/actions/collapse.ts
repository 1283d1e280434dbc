import { leavesOf } from '../model/chart';
import type { Edit } from '../model/registers';
import { selected, type Action } from './action';
import { takeOff } from './remove';

export const collapse: Action = {
  id: 'collapse',
  group: 'open',
  icon: 'collapse',
  keys: 'Shift+E',
  menus: ['node'],
  enabled: (desk) => {
    const { chart } = desk.chart.getState();
    return selected(desk).some((id) => leavesOf(chart, id).length > 0);
  },
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const leaves = new Set(selected(desk).flatMap((id) => leavesOf(chart, id)));
    const edits: Edit[] = takeOff(desk, leaves);
    desk.workspace.step('action.collapse', edits);
  },
};
