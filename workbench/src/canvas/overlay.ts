// Everything drawn in screen space above the nodes: rings, pins, labels. One painter for both renderers, so
// that they look alike. Labels avoid each other: what matters most (selected, hovered, earlier) is placed first.
import { controlPoint } from './hitTest';
import type { Palette, Point, Scene, SceneNode } from './scene';

export interface OverlayFrame {
  readonly scene: Scene;
  readonly palette: Palette;
  readonly width: number;
  readonly height: number;
  readonly zoom: number;
  readonly hovered: string | null;
  readonly labels: boolean;
  readonly lasso: readonly Point[];
  position(id: string): Point | undefined; // in CSS pixels
  radius(id: string): number;
}

export const fontStack =
  'system-ui, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC Variable", sans-serif';

// Link labels are drawn for a few links or when zoomed in, and always where links were merged.
const linkLabelsMax = 40;
const selectedLabelsMax = 12; // more would lie over each other; the rings still say what is selected
const widths = new Map<string, number>();
const widthsMax = 20_000;

function measure(context: CanvasRenderingContext2D, text: string): number {
  const key = context.font + text;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size > widthsMax) widths.clear();
  const width = context.measureText(text).width;
  widths.set(key, width);
  return width;
}

// Grid of taken rectangles; a cell is about one short label.
class Taken {
  private readonly cells = new Map<string, [number, number, number, number][]>();

  claim(x: number, y: number, width: number, height: number, force: boolean): boolean {
    const box: [number, number, number, number] = [x, y, x + width, y + height];
    const keys: string[] = [];
    for (let cx = Math.floor(x / 64); cx <= Math.floor((x + width) / 64); cx += 1) {
      for (let cy = Math.floor(y / 24); cy <= Math.floor((y + height) / 24); cy += 1) {
        keys.push(`${cx},${cy}`);
      }
    }
    const hit = keys.some((key) =>
      (this.cells.get(key) ?? []).some(
        (other) => other[0] < box[2] && other[2] > box[0] && other[1] < box[3] && other[3] > box[1],
      ),
    );
    if (hit && !force) return false;
    for (const key of keys) this.cells.set(key, [...(this.cells.get(key) ?? []), box]);
    return true;
  }
}

function ring(context: CanvasRenderingContext2D, at: Point, radius: number, colour: string): void {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.stroke();
}

function haloText(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

function shorten(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function paintMarks(context: CanvasRenderingContext2D, frame: OverlayFrame): void {
  for (const node of frame.scene.nodes) {
    const at = frame.position(node.id);
    if (!at) continue;
    const radius = frame.radius(node.id);
    context.lineWidth = 2;
    let out = radius + 3;
    if (node.selected) {
      ring(context, at, out, frame.palette.accent);
      out += 3.5;
    }
    for (const colour of node.rings) {
      context.lineWidth = 2.5;
      ring(context, at, out, colour);
      out += 3.5;
    }
    if (frame.hovered === node.id && !node.selected) {
      context.lineWidth = 1;
      ring(context, at, out, frame.palette.muted);
    }
    if (node.pinned && frame.zoom > 0.4) mark(context, frame, at.x + radius * 0.8, at.y - radius * 0.8, 'pin');
    if (node.noted && frame.zoom > 0.4) mark(context, frame, at.x - radius * 0.8, at.y - radius * 0.8, 'note');
  }
}

function mark(
  context: CanvasRenderingContext2D,
  frame: OverlayFrame,
  x: number,
  y: number,
  what: 'pin' | 'note',
): void {
  context.fillStyle = frame.palette.text;
  context.strokeStyle = frame.palette.background;
  context.lineWidth = 2;
  context.beginPath();
  if (what === 'pin') context.arc(x, y, 3.5, 0, 2 * Math.PI);
  else context.rect(x - 3.5, y - 3.5, 7, 7);
  context.stroke();
  context.fill();
}

function labelOrder(frame: OverlayFrame): SceneNode[] {
  const rank = (n: SceneNode) =>
    (n.id === frame.hovered ? 4 : 0) + (n.selected ? 2 : 0) + (n.opacity > 0.5 ? 1 : 0);
  return [...frame.scene.nodes].sort((a, b) => rank(b) - rank(a));
}

function paintNodeLabels(context: CanvasRenderingContext2D, frame: OverlayFrame, taken: Taken): void {
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  const few = frame.scene.nodes.reduce((n, node) => n + (node.selected ? 1 : 0), 0) <= selectedLabelsMax;
  for (const node of labelOrder(frame)) {
    const at = frame.position(node.id);
    if (!at || at.x < -80 || at.y < -40 || at.x > frame.width + 80 || at.y > frame.height + 40) continue;
    const force = node.id === frame.hovered || (node.selected && few);
    if (frame.zoom < 0.18 && !force) continue;
    context.globalAlpha = Math.max(node.opacity, force ? 1 : 0);
    context.font = `${node.selected && few ? 600 : 500} 12px ${fontStack}`;
    const text = shorten(node.label, force ? 60 : 22);
    const width = measure(context, text);
    const top = at.y + frame.radius(node.id) + 4;
    if (!taken.claim(at.x - width / 2, top, width, 14, force)) continue;
    context.strokeStyle = frame.palette.background;
    context.fillStyle = frame.palette.text;
    haloText(context, text, at.x, top);
    if (node.detail && (frame.zoom >= 0.9 || force)) {
      context.font = `400 11px ${fontStack}`;
      const detail = shorten(node.detail, force ? 60 : 24);
      const wide = measure(context, detail);
      if (taken.claim(at.x - wide / 2, top + 14, wide, 13, force)) {
        context.fillStyle = frame.palette.muted;
        haloText(context, detail, at.x, top + 14);
      }
    }
  }
  context.globalAlpha = 1;
}

function paintLinkLabels(context: CanvasRenderingContext2D, frame: OverlayFrame, taken: Taken): void {
  const seen = (at: Point | undefined) => at && at.x > 0 && at.y > 0 && at.x < frame.width && at.y < frame.height;
  const links = frame.scene.links.filter((l) => seen(frame.position(l.source)) || seen(frame.position(l.target)));
  const all = links.length <= linkLabelsMax || frame.zoom >= 1.2;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `400 11px ${fontStack}`;
  context.lineWidth = 4;
  for (const link of links) {
    const touches = frame.hovered === link.source || frame.hovered === link.target;
    const force = link.selected || touches;
    if (!force && ((!all && link.count < 2) || frame.zoom < 0.7 || link.opacity < 0.5)) continue;
    const a = frame.position(link.source);
    const b = frame.position(link.target);
    if (!a || !b) continue;
    const at = midpoint(a, b, link.curvature);
    const text = shorten(link.label, 28);
    const width = measure(context, text);
    // A label longer than its line says nothing about which line it is on.
    if (!force && width + 24 > Math.hypot(b.x - a.x, b.y - a.y)) continue;
    if (!taken.claim(at.x - width / 2 - 2, at.y - 7, width + 4, 14, false)) continue;
    context.strokeStyle = frame.palette.background;
    context.fillStyle = link.selected ? frame.palette.accent : frame.palette.muted;
    haloText(context, text, at.x, at.y);
  }
}

// The middle of a link's curve: half-way from the straight line to its control point.
export function midpoint(a: Point, b: Point, curvature: number): Point {
  return controlPoint(a, b, curvature / 2);
}

export function paintOverlay(canvas: HTMLCanvasElement, frame: OverlayFrame): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(frame.width * ratio);
  const height = Math.round(frame.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${frame.width}px`;
    canvas.style.height = `${frame.height}px`;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, frame.width, frame.height);
  paintMarks(context, frame);
  if (frame.labels) {
    const taken = new Taken();
    for (const node of frame.scene.nodes) {
      const at = frame.position(node.id);
      const r = frame.radius(node.id);
      if (at) taken.claim(at.x - r * 0.8, at.y - r * 0.8, r * 1.6, r * 1.6, true);
    }
    paintNodeLabels(context, frame, taken);
    paintLinkLabels(context, frame, taken);
  }
  paintLasso(context, frame);
}

function paintLasso(context: CanvasRenderingContext2D, frame: OverlayFrame): void {
  const first = frame.lasso[0];
  if (!first) return;
  context.beginPath();
  context.moveTo(first.x, first.y);
  for (const point of frame.lasso) context.lineTo(point.x, point.y);
  context.closePath();
  context.setLineDash([4, 3]);
  context.lineWidth = 1.5;
  context.strokeStyle = frame.palette.accent;
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 0.08;
  context.fillStyle = frame.palette.accent;
  context.fill();
  context.globalAlpha = 1;
}

// Even-odd rule; the polygon closes itself.
export function inside(point: Point, polygon: readonly Point[]): boolean {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const a = polygon[i] as Point;
    const b = polygon[j] as Point;
    if (a.y > point.y !== b.y > point.y) {
      const x = ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x;
      if (point.x < x) within = !within;
    }
  }
  return within;
}
