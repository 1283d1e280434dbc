// Entities and links as the chart knows them, and the few questions every view asks about them.
import { kindOf, type Kind } from './kinds';
import { formatValue, pointOf, timeOf, type Properties } from './values';

export interface Valid {
  readonly from_us: number | null;
  readonly to_us: number | null;
}

export interface NodeData {
  readonly id: string;
  readonly labels: readonly string[];
  readonly caption: string;
  readonly properties: Properties;
  readonly valid: Valid;
}

export interface LinkData {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly sighting?: boolean;
  readonly properties: Properties;
  readonly valid: Valid;
}

export function kindOfNode(node: Pick<NodeData, 'labels'>): Kind {
  return kindOf(node.labels);
}

const detailKeys = [
  'latinName', 'pinyin', 'name_latin', 'name_en', 'plate', 'number', 'phone', 'msisdn', 'idNumber', 'id_number',
  'creditCode', 'imei', 'imsi', 'mac', 'code', 'category', 'kind', 'make', 'address', 'district', 'id',
];

function details(node: NodeData): string[] {
  const texts = detailKeys.map((key) => formatValue(node.properties[key]));
  return [...new Set(texts)].filter((text) => text !== '' && !node.caption.includes(text));
}

// The second line under a caption: whatever identifies the thing and is not in the caption already.
export function detailOf(node: NodeData): string {
  return details(node)[0] ?? '';
}

// Enough to tell two of the same name apart.
export function longDetailOf(node: NodeData): string {
  return details(node).slice(0, 2).join(' · ');
}

// When a link happened or began, in ms: its valid time, else the first date-time among its properties.
export function linkTime(link: LinkData): number | undefined {
  if (link.valid.from_us !== null) return link.valid.from_us / 1000;
  for (const value of Object.values(link.properties)) {
    const ms = timeOf(value);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

export function nodeTime(node: NodeData): number | undefined {
  if (node.valid.from_us !== null) return node.valid.from_us / 1000;
  for (const key of ['time', 'at', 'occurredFrom', 'occurred', 'start', 'created', 'createTime']) {
    const ms = timeOf(node.properties[key]);
    if (ms !== undefined) return ms;
  }
  return undefined;
}

// A place's own position, if it has one: a point, or a latitude and longitude column pair.
export function positionOf(node: NodeData): { lat: number; lon: number } | undefined {
  for (const value of Object.values(node.properties)) {
    const point = pointOf(value);
    if (point) return point;
  }
  const lat = node.properties['lat'] ?? node.properties['latitude'];
  const lon = node.properties['lon'] ?? node.properties['lng'] ?? node.properties['longitude'];
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : undefined;
}

// `TRANSFER` and `SIGN_IN` are schema names; people read `transfer`, `sign in`.
export function typeText(type: string): string {
  return /^[A-Z0-9_]+$/.test(type) ? type.toLowerCase().replaceAll('_', ' ') : type;
}
