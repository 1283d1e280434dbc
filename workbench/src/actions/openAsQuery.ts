// The query behind what the panel shows: a start for one's own.
import type { NodeData } from '../model/elements';
import { only, type Action } from './action';

function name(text: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text) ? text : `\`${text.replaceAll('`', '``')}\``;
}

// Finds the entity again by the property that gave it its caption, else by its first text property.
function queryFor(node: NodeData): string {
  const texts = Object.entries(node.properties).filter(([, value]) => typeof value === 'string');
  const key = texts.find(([, value]) => value === node.caption) ?? texts[0];
  const label = node.labels[0] ? `:${name(node.labels[0])}` : '';
  const text = key ? String(key[1]).replaceAll('\\', '\\\\').replaceAll("'", "\\'") : '';
  const filter = key ? ` {${name(key[0])}: '${text}'}` : '';
  return `MATCH (n${label}${filter})-[r]-(other)\nRETURN n, r, other\nLIMIT 100`;
}

export const openAsQuery: Action = {
  id: 'openAsQuery',
  group: 'open',
  icon: 'query',
  keys: 'Q',
  menus: ['node'],
  enabled: (desk) => only(desk) !== undefined,
  run: (desk) => {
    const node = desk.chart.getState().nodes.get(only(desk) ?? '');
    if (node) desk.view.setState({ page: 'query', queryText: queryFor(node) });
  },
};
