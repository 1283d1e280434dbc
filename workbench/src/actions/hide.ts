import type { Action } from './action';

// Entities, and links where bundles are selected. They stay on the chart; the chip brings them back.
export const hide: Action = {
  id: 'hide',
  group: 'view',
  icon: 'hide',
  keys: 'H',
  menus: ['node', 'link'],
  enabled: (desk) => desk.view.getState().selection.size > 0,
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const { selection } = desk.view.getState();
    const bundles = new Map(chart.bundles.map((b) => [b.id, b]));
    const elements = [...selection].flatMap((id) => {
      if (chart.byId.has(id)) return [id];
      return bundles.get(id)?.links.map((l) => l.id) ?? [];
    });
    desk.workspace.step(
      'action.hide',
      elements.map((element) => ({ element, property: 'shown', value: false })),
    );
  },
};
