// Values as the API writes them (server/api/openapi.yaml, "Values"). Integers beyond ±(2^53−1) never become
// JavaScript numbers: they stay text from the wire to the screen.

export type Value =
  | null
  | boolean
  | string
  | number
  | readonly Value[]
  | Tagged
  | { readonly [key: string]: Value };

export interface Tagged {
  readonly $type: string;
  readonly value?: Value;
  readonly [key: string]: Value | undefined;
}

export type Properties = Readonly<Record<string, Value>>;

export function isTagged(value: Value | undefined): value is Tagged {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && '$type' in value;
}

const temporal = new Set(['date', 'localtime', 'time', 'localdatetime', 'datetime', 'duration']);

// Text for people: no quotes around strings, ISO times without the T and the zone name kept.
export function formatValue(value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  if (isTagged(value)) return formatTagged(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}: ${formatValue(inner as Value)}`)
    .join(', ');
}

function formatTagged(value: Tagged): string {
  if (temporal.has(value.$type)) {
    const text = String(value.value ?? '');
    return value.$type === 'duration' ? text : text.replace(/^(\d{4}-\d{2}-\d{2})T/, '$1 ');
  }
  switch (value.$type) {
    case 'integer':
    case 'float':
      return String(value.value ?? '');
    case 'point': {
      const [x, y] = [Number(value['x']), Number(value['y'])];
      return `${y.toFixed(5)}, ${x.toFixed(5)}`;
    }
    case 'node':
    case 'link':
      return String(value['id'] ?? '');
    case 'path':
      return Array.isArray(value['nodes']) ? (value['nodes'] as Value[]).map(formatValue).join(' → ') : '';
    case 'bytes':
      return `${Math.floor((String(value.value ?? '').length * 3) / 4)} B`;
    case 'map':
      return formatValue(value.value);
    default:
      return JSON.stringify(value);
  }
}

// Milliseconds since 1970 of a date or date-time value. A local one has no zone: read as UTC, so that all
// machines agree on the order.
export function timeOf(value: Value | undefined): number | undefined {
  if (!isTagged(value)) return undefined;
  if (!['date', 'localdatetime', 'datetime'].includes(value.$type)) return undefined;
  let text = String(value.value ?? '').replace(/\[.*\]$/, '');
  if (value.$type === 'date') text += 'T00:00:00Z';
  else if (value.$type === 'localdatetime') text += 'Z';
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(ms) ? undefined : ms;
}

export function pointOf(value: Value | undefined): { lat: number; lon: number } | undefined {
  if (!isTagged(value) || value.$type !== 'point') return undefined;
  const lon = Number(value['x']);
  const lat = Number(value['y']);
  return Number.isFinite(lat) && Number.isFinite(lon) ? { lat, lon } : undefined;
}

// Sorting in tables: numbers by size (big integers too), everything else by text.
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  const [ka, kb] = [numeric(a), numeric(b)];
  if (ka !== undefined && kb !== undefined) return ka < kb ? -1 : ka > kb ? 1 : 0;
  return formatValue(a).localeCompare(formatValue(b), undefined, { numeric: true });
}

function numeric(value: Value | undefined): number | bigint | undefined {
  if (typeof value === 'number') return value;
  if (isTagged(value) && value.$type === 'integer') return BigInt(String(value.value));
  return timeOf(value);
}
