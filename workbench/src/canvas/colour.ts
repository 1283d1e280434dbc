// Blends two #rrggbb colours; `share` is the part of the first. Opaque results avoid the bright seams that
// overlapping translucent links would make.
export function mixColours(first: string, second: string, share: number): string {
  if (share >= 1) return first;
  const parse = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  const a = parse(first);
  const b = parse(second);
  return `#${a
    .map((v, i) => Math.round(v * share + (b[i] ?? 0) * (1 - share)))
    .map((v) => v.toString(16).padStart(2, '0'))
    .join('')}`;
}
