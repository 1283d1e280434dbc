// One layout action per shape: of the selection, or of everything where fewer than two are selected. Pinned
// entities stay; undoable like any other step.
import { firstTimes } from '../model/chart';
import type { LayoutName } from '../model/placement';
import { busy } from '../sync/notices';
import { hasChart, selected, type Action, type Desk } from './action';

async function arrange(desk: Desk, name: LayoutName): Promise<void> {
  const { chart } = desk.chart.getState();
  const chosen = new Set(selected(desk));
  const some = chosen.size > 1 && chosen.size < chart.nodes.length;
  const part = some && name !== 'radial' ? chosen : null;
  const times = firstTimes(chart);
  const nodes = chart.nodes
    .filter((n) => name === 'force' || !part || part.has(n.id))
    .map((n) => ({
      id: n.id,
      x: n.x,
      y: n.y,
      fixed: n.pinned || (part !== null && !part.has(n.id)),
      group: n.kind,
      time: times.get(n.id),
    }));
  const root = name === 'radial' ? [...chosen][0] : undefined;
  const inside = new Set(nodes.map((n) => n.id));
  const links = chart.bundles
    .filter((b) => inside.has(b.from) && inside.has(b.to) && b.from !== b.to)
    .map((b) => ({ source: b.from, target: b.to }));
  const placed = await busy(desk.view, 'busy.layout', () => desk.ports.layout({ name, nodes, links, root }));
  if (!placed) return;
  desk.workspace.move(new Map(placed.map((p) => [p.id, { x: p.x, y: p.y }])), `action.layout.${name}`);
  if (!part) desk.ports.camera?.fit();
}

function layoutAction(name: LayoutName, icon: string, keys: string): Action {
  return {
    id: `layout.${name}`,
    group: 'layout',
    icon,
    keys,
    menus: ['stage'],
    enabled: hasChart,
    run: (desk) => arrange(desk, name),
  };
}

export const layoutForce = layoutAction('force', 'layoutForce', 'L');
export const layoutGrid = layoutAction('grid', 'layoutGrid', 'Shift+G');
export const layoutRadial = layoutAction('radial', 'layoutRadial', 'R');
export const layoutTime = layoutAction('time', 'layoutTime', 'Shift+T');
