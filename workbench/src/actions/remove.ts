import type { Edit } from '../model/registers';
import { hasSelection, selected, type Action, type Desk } from './action';

// Edits that take entities, and the links that end at them, off the chart. Nothing is deleted from the store.
export function takeOff(desk: Desk, ids: ReadonlySet<string>): Edit[] {
  const { registers, links } = desk.chart.getState();
  const edits: Edit[] = [];
  for (const [element, properties] of registers) {
    if (!properties['shown'] || element.startsWith('note:')) continue;
    const link = links.get(element);
    const gone = link ? ids.has(link.from) || ids.has(link.to) : ids.has(element);
    if (!gone) continue;
    for (const property of ['shown', 'position', 'pinned']) {
      if (properties[property]) edits.push({ element, property, value: null });
    }
  }
  return edits;
}

export const remove: Action = {
  id: 'remove',
  group: 'edit',
  icon: 'remove',
  keys: 'Delete',
  menus: ['node'],
  enabled: hasSelection,
  run: (desk) => {
    desk.workspace.step('action.remove', takeOff(desk, new Set(selected(desk))));
  },
};
