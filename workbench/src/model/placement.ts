// Where things go: what a layout is asked, and where new neighbours start. The layouts themselves run in
// canvas/layoutWorker.ts.

export type LayoutName = 'force' | 'grid' | 'radial' | 'time';

export interface LayoutNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly fixed: boolean;
  readonly group: string; // its kind: grid and time lanes keep kinds together
  readonly time?: number | undefined; // first time it is seen, ms
}

export interface LayoutRequest {
  readonly name: LayoutName;
  readonly nodes: readonly LayoutNode[];
  readonly links: readonly { readonly source: string; readonly target: string }[];
  readonly root?: string | undefined; // of radial
}

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export const spacing = 108; // wanted distance of two neighbours, in world units

// Where new neighbours start: on arcs around their parent, in the widest gap between what stands there already.
export function sprout(
  parent: { readonly x: number; readonly y: number },
  ids: readonly string[],
  standing: readonly { readonly x: number; readonly y: number }[],
): Placed[] {
  const angles = standing
    .filter((p) => Math.hypot(p.x - parent.x, p.y - parent.y) < spacing * 4)
    .map((p) => Math.atan2(p.y - parent.y, p.x - parent.x))
    .sort((a, b) => a - b);
  let start = -Math.PI / 2;
  let gap = 2 * Math.PI;
  if (angles.length > 0) {
    gap = 0;
    angles.forEach((angle, i) => {
      const next = angles[i + 1] ?? (angles[0] as number) + 2 * Math.PI;
      if (next - angle > gap) {
        gap = next - angle;
        start = angle;
      }
    });
  }
  const placed: Placed[] = [];
  let done = 0;
  for (let ring = 1; done < ids.length; ring += 1) {
    const radius = spacing * (0.7 + 0.75 * ring);
    const room = Math.max(1, Math.floor((gap * radius) / (spacing * 0.85)));
    const here = ids.slice(done, done + room);
    here.forEach((id, i) => {
      const angle = start + (gap * (i + 1)) / (here.length + 1);
      const x = Math.round(parent.x + Math.cos(angle) * radius);
      placed.push({ id, x, y: Math.round(parent.y + Math.sin(angle) * radius) });
    });
    done += here.length;
  }
  return placed;
}
