// Paints the whole chart (not only what the window shows) at double resolution on a 2D canvas. The same for
// both renderers; WebGL's own buffer is empty by the time anyone asks for it.
import { mixColours } from './colour';
import { drawGlyph } from './glyphs';
import { fontStack, paintOverlay } from './overlay';
import type { Palette, Point, Scene } from './scene';

const margin = 80;
const sideMax = 8000; // browsers refuse canvases much larger

export async function paintPng(
  scene: Scene,
  palette: Palette,
  watermark: string,
  radius: number,
): Promise<Blob> {
  const xs = scene.nodes.map((n) => n.x);
  const ys = scene.nodes.map((n) => n.y);
  const left = Math.min(0, ...xs) - margin;
  const top = Math.min(0, ...ys) - margin;
  const width = Math.max(400, Math.max(0, ...xs) + margin - left);
  const height = Math.max(300, Math.max(0, ...ys) + margin - top);
  const scale = Math.min(2, sideMax / Math.max(width, height));
  const at = new Map<string, Point>(scene.nodes.map((n) => [n.id, { x: n.x - left, y: n.y - top }]));

  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.scale(scale, scale);
  context.fillStyle = palette.background;
  context.fillRect(0, 0, width, height);
  paintLinks(context, scene, palette, at, radius);
  for (const node of scene.nodes) {
    const point = at.get(node.id);
    if (!point) continue;
    context.globalAlpha = node.opacity;
    drawGlyph(context, node.kind, point.x, point.y, radius * 0.94, palette);
  }
  context.globalAlpha = 1;

  const overlay = document.createElement('canvas');
  paintOverlay(overlay, {
    scene: { nodes: scene.nodes.map((n) => ({ ...n, selected: false, rings: [] })), links: scene.links },
    palette,
    width,
    height,
    zoom: 1,
    hovered: null,
    labels: true,
    lasso: [],
    position: (id) => at.get(id),
    radius: () => radius,
  });
  context.drawImage(overlay, 0, 0, width, height);
  context.font = `11px ${fontStack}`;
  context.fillStyle = palette.muted;
  context.fillText(watermark, 12, height - 12);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('canvas gave no image'))), 'image/png');
  });
}

function paintLinks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  at: ReadonlyMap<string, Point>,
  radius: number,
): void {
  for (const link of scene.links) {
    const a = at.get(link.source);
    const b = at.get(link.target);
    if (!a || !b) continue;
    const colour = mixColours(palette.link, palette.background, link.opacity);
    const control = {
      x: (a.x + b.x) / 2 + (b.y - a.y) * link.curvature,
      y: (a.y + b.y) / 2 - (b.x - a.x) * link.curvature,
    };
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 1.2 + Math.min(5, Math.log2(link.count)) * 0.7;
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.quadraticCurveTo(control.x, control.y, b.x, b.y);
    context.stroke();
    const angle = Math.atan2(b.y - control.y, b.x - control.x);
    const tip = { x: b.x - Math.cos(angle) * (radius + 1), y: b.y - Math.sin(angle) * (radius + 1) };
    context.beginPath();
    context.moveTo(tip.x, tip.y);
    for (const side of [0.35, -0.35]) {
      context.lineTo(tip.x - Math.cos(angle + side) * 9, tip.y - Math.sin(angle + side) * 9);
    }
    context.fill();
  }
}
