// Exports of what is on the chart. A picture and a JSON file carry who, when and for which purpose.
import { kindOfNode, linkTime } from '../model/elements';
import { formatValue } from '../model/values';
import { busy } from '../sync/notices';
import { hasChart, type Action, type Desk } from './action';

function stamp(desk: Desk): string {
  const session = desk.session.store.getState().session;
  const when = new Date().toISOString().slice(0, 19).replace('T', ' ');
  const who = session ? `${session.person.display_name} · ${session.person.unit.name}` : '';
  const why = session?.purpose ? `${session.purpose.case} · ${session.purpose.basis}` : 'sandbox';
  return `${who} · ${why} · ${when} UTC`;
}

function fileName(extension: string): string {
  return `skein-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${extension}`;
}

export const exportPng: Action = {
  id: 'exportPng',
  group: 'export',
  icon: 'image',
  keys: 'Ctrl+Shift+S',
  everywhere: true,
  menus: ['stage'],
  enabled: (desk) => hasChart(desk) && desk.ports.camera !== null,
  run: async (desk) => {
    const image = await busy(desk.view, 'busy.export', async () => desk.ports.camera?.exportPng(stamp(desk)));
    if (image) desk.ports.saveFile(fileName('png'), image);
  },
};

export const exportJson: Action = {
  id: 'exportJson',
  group: 'export',
  menus: ['stage'],
  enabled: hasChart,
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const content = {
      exported: stamp(desk),
      nodes: chart.nodes.map((n) => ({ ...n.data, position: { x: n.x, y: n.y } })),
      links: chart.links,
    };
    desk.ports.saveFile(fileName('json'), new Blob([JSON.stringify(content, null, 1)], { type: 'application/json' }));
  },
};

// A leading =, +, - or @ would be a formula to a spreadsheet.
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const exportCsv: Action = {
  id: 'exportCsv',
  group: 'export',
  menus: ['stage'],
  enabled: hasChart,
  run: (desk) => {
    const { chart } = desk.chart.getState();
    const keys = [...new Set(chart.nodes.flatMap((n) => Object.keys(n.data.properties)))].sort();
    const rows = [['id', 'kind', 'labels', 'caption', ...keys]];
    for (const n of chart.nodes) {
      const values = keys.map((key) => formatValue(n.data.properties[key]));
      rows.push([n.id, kindOfNode(n.data), n.data.labels.join(';'), n.data.caption, ...values]);
    }
    rows.push([], ['link', 'type', 'from', 'to', 'time']);
    for (const l of chart.links) {
      const ms = linkTime(l);
      rows.push([l.id, l.type, l.from, l.to, ms === undefined ? '' : new Date(ms).toISOString()]);
    }
    const text = `\ufeff${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}`;
    desk.ports.saveFile(fileName('csv'), new Blob([text], { type: 'text/csv' }));
  },
};
