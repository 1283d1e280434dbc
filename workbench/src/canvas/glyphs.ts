// The shape and icon of each kind, drawn once into an atlas that WebGL samples and that the plain canvas and
// the legend draw from. Shape and icon tell the kind first, colour second.
import { kinds, type Kind } from '../model/kinds';
import { mixColours } from './colour';
import { iconPaths } from './iconPaths';
import type { Palette } from './scene';

const cellPixels = 128;
export const atlasColumns = 4;
export const atlasRows = 4;
// Part of a half cell that the shape fills; the rest is room for its border and antialiasing.
export const shapeRatio = 0.82;

function polygon(corners: number, turn: number, radius: number): Path2D {
  const path = new Path2D();
  for (let i = 0; i < corners; i += 1) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    const x = Math.cos(angle) * radius;
    const y = Math.sin(angle) * radius;
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  path.closePath();
  return path;
}

function rounded(width: number, height: number, radius: number): Path2D {
  const path = new Path2D();
  path.roundRect(-width / 2, -height / 2, width, height, radius);
  return path;
}

// A closed path around (0, 0) within a circle of radius 1.
function shapePath(kind: Kind): Path2D {
  switch (kind) {
    case 'person': {
      const path = new Path2D();
      path.arc(0, 0, 0.94, 0, 2 * Math.PI);
      return path;
    }
    case 'vehicle':
      return rounded(1.7, 1.7, 0.36);
    case 'phone':
    case 'device':
      return rounded(1.3, 1.9, 0.3);
    case 'account':
      return polygon(6, 0, 1);
    case 'loan':
      return polygon(6, Math.PI / 6, 1);
    case 'organisation':
      return polygon(8, Math.PI / 8, 1);
    case 'event':
      return polygon(4, 0, 1.06);
    case 'place': {
      const path = new Path2D();
      path.arc(0, -0.16, 0.8, Math.PI * 0.86, Math.PI * 0.14);
      path.lineTo(0, 1.04);
      path.closePath();
      return path;
    }
    case 'case': {
      const path = new Path2D();
      path.moveTo(-0.92, -0.74);
      path.lineTo(-0.2, -0.74);
      path.lineTo(0.04, -0.5);
      path.lineTo(0.92, -0.5);
      path.lineTo(0.92, 0.76);
      path.lineTo(-0.92, 0.76);
      path.closePath();
      return path;
    }
    case 'document':
      return rounded(1.9, 1.34, 0.18);
    case 'object':
      return rounded(1.6, 1.6, 0.1);
  }
}

// Draws a kind around (x, y) with the given outer radius in pixels.
export function drawGlyph(
  context: CanvasRenderingContext2D,
  kind: Kind,
  x: number,
  y: number,
  radius: number,
  palette: Palette,
): void {
  const hue = palette.kinds[kind];
  const shape = shapePath(kind);
  context.save();
  context.translate(x, y);
  context.scale(radius, radius);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  context.fillStyle = mixColours(hue, palette.background, palette.tint);
  context.fill(shape);
  context.lineWidth = 0.13;
  context.strokeStyle = hue;
  context.stroke(shape);
  const icon = kind === 'place' || kind === 'case' || kind === 'event' ? 1 : 1.18;
  context.translate(0, kind === 'place' ? -0.16 : kind === 'case' ? 0.12 : 0);
  context.scale(icon / 24, icon / 24);
  context.translate(-12, -12);
  context.lineWidth = 2.1;
  for (const d of iconPaths[kind]) context.stroke(new Path2D(d));
  context.restore();
}

export function cellOf(kind: Kind): { column: number; row: number } {
  const index = kinds.indexOf(kind);
  return { column: index % atlasColumns, row: Math.floor(index / atlasColumns) };
}

export function drawAtlas(palette: Palette): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = cellPixels * atlasColumns;
  canvas.height = cellPixels * atlasRows;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const half = cellPixels / 2;
  for (const kind of kinds) {
    const { column, row } = cellOf(kind);
    const x = column * cellPixels + half;
    const y = row * cellPixels + half;
    drawGlyph(context, kind, x, y, half * shapeRatio * 0.94, palette);
  }
  return canvas;
}
