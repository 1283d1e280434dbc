// What of a query's rows can be drawn: numbers per category or per time.
import { formatValue, isTagged, timeOf, type Value } from './values';

export interface Series {
  readonly axis: string; // the column that names the points
  readonly time: boolean; // the points lie in time and are in its order
  readonly points: readonly string[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly cut: number; // rows that are not drawn
}

const pointsMax = 200;
const linesMax = 4;

function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  // Beyond ±2^53 a drawn height is rounded anyway; the table keeps the digits.
  if (isTagged(value) && (value.$type === 'integer' || value.$type === 'float')) return Number(value.value);
  return undefined;
}

// Null where nothing can be drawn: no rows, or no column of numbers.
export function seriesOf(
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
  text: (value: Value | undefined) => string = formatValue,
): Series | null {
  const numeric = columns.flatMap((_, i) => {
    const known = rows.filter((row) => row[i] !== null && row[i] !== undefined);
    return known.length > 0 && known.every((row) => Number.isFinite(numberOf(row[i]))) ? [i] : [];
  });
  const axis = columns.findIndex((_, i) => !numeric.includes(i));
  const drawn = axis < 0 && numeric.length > 1 ? numeric.slice(1) : numeric;
  if (rows.length === 0 || drawn.length === 0) return null;
  const named = axis < 0 && numeric.length > 1 ? 0 : axis;
  const time = named >= 0 && rows.every((row) => timeOf(row[named]) !== undefined);
  const ordered = time ? [...rows].sort((a, b) => (timeOf(a[named]) ?? 0) - (timeOf(b[named]) ?? 0)) : rows;
  const shown = ordered.slice(0, pointsMax);
  return {
    axis: columns[named] ?? '',
    time,
    points: shown.map((row, i) => (named < 0 ? String(i + 1) : text(row[named]))),
    lines: drawn.slice(0, linesMax).map((i) => ({ name: columns[i] ?? '', values: shown.map((row) => numberOf(row[i]) ?? 0) })),
    cut: rows.length - shown.length,
  };
}
