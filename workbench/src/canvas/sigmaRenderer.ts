// The WebGL renderer: sigma 3 over graphology. All of sigma stays in this file and glyphProgram.ts, because
// version 4 replaces programs and reducers.
import { createEdgeCurveProgram } from '@sigma/edge-curve';
import Graph from 'graphology';
import Sigma from 'sigma';
import { createEdgeArrowProgram } from 'sigma/rendering';
import type { MouseCoords } from 'sigma/types';
import { mixColours } from './colour';
import { paintPng } from './exportPng';
import { createGlyphProgram } from './glyphProgram';
import { targetAt, type Target } from './hitTest';
import { inside, paintOverlay } from './overlay';
import type { CameraView, GraphRenderer, Modifiers, RendererEvents } from './renderer';
import { emptyScene, type Palette, type Point, type Scene, type SceneLink, type SceneNode } from './scene';
import { Tween } from './tween';

const worldHalf = 1000; // the fixed frame: a chart may grow beyond it, but nothing rescales
const nodeRadius = 17;
const arrow = { extremity: 'target' as const, lengthToThicknessRatio: 4, widenessToThicknessRatio: 3.4 };
const zoomMin = 0.03;
const zoomMax = 6;

// Nodes shrink slower than distances when zooming out, so that shapes stay readable.
function radiusScale(zoom: number): number {
  return Math.min(1.5, Math.max(0.16, zoom ** 0.6));
}

function modifiersOf(event: MouseEvent | TouchEvent): Modifiers {
  return { ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey };
}

function linkWidth(link: SceneLink): number {
  return 1.8 + Math.min(5, Math.log2(link.count)) * 0.6;
}

function sameNode(a: SceneNode, b: SceneNode | undefined): boolean {
  return (
    b !== undefined && a.x === b.x && a.y === b.y && a.kind === b.kind && a.opacity === b.opacity && a.selected === b.selected
  );
}

function sameLink(a: SceneLink, b: SceneLink | undefined): boolean {
  return (
    b !== undefined && a.count === b.count && a.curvature === b.curvature && a.opacity === b.opacity && a.selected === b.selected
  );
}

export class SigmaRenderer implements GraphRenderer {
  readonly name = 'webgl';
  private readonly graph = new Graph({ multi: true, type: 'directed', allowSelfLoops: true });
  private readonly sigma: Sigma;
  private readonly glyphs: ReturnType<typeof createGlyphProgram>;
  private readonly overlay: HTMLCanvasElement;
  private readonly tween: Tween;
  private readonly cleanups: (() => void)[] = [];
  private scene: Scene = emptyScene;
  private hovered: string | null = null;
  private labels = true;
  private baseZoom = 1; // pixels per world unit at camera ratio 1
  private drag: { ids: string[]; start: Point; origins: Map<string, Point>; moved: boolean } | null = null;
  private suppressClick = false;
  private dead = false; // React may still hold a renderer whose page is going away
  private lasso: Point[] = [];

  constructor(
    private readonly container: HTMLElement,
    private palette: Palette,
    private readonly events: RendererEvents,
  ) {
    this.glyphs = createGlyphProgram(palette);
    this.sigma = new Sigma(this.graph, container, {
      allowInvalidContainer: true,
      renderLabels: false,
      renderEdgeLabels: false,
      zIndex: true,
      defaultNodeType: 'glyph',
      nodeProgramClasses: { glyph: this.glyphs.Program as never },
      nodeHoverProgramClasses: {},
      edgeProgramClasses: { straight: createEdgeArrowProgram(arrow), curved: createEdgeCurveProgram({ arrowHead: arrow }) },
      defaultDrawNodeHover: () => undefined,
      zoomToSizeRatioFunction: (ratio) => 1 / radiusScale(this.baseZoom / ratio),
      doubleClickZoomingRatio: 1,
      minEdgeThickness: 1.3,
    });
    this.sigma.setCustomBBox({ x: [-worldHalf, worldHalf], y: [-worldHalf, worldHalf] });
    this.sigma.refresh();
    this.overlay = this.sigma.createCanvas('overlay', { afterLayer: 'mouse', style: { pointerEvents: 'none' } });
    this.tween = new Tween((positions) => this.place(positions));
    this.measureBase();
    this.setView({ x: 0, y: 0, zoom: 1 });
    this.silenceSigma();
    this.bindPointer();
    this.bindNodes();
  }

  setScene(scene: Scene): void {
    if (this.dead) return;
    const before = this.scene;
    this.scene = scene;
    const nodes = new Map(scene.nodes.map((n) => [n.id, n]));
    const links = new Set(scene.links.map((l) => l.id));
    const oldNodes = new Map(before.nodes.map((n) => [n.id, n]));
    const oldLinks = new Map(before.links.map((l) => [l.id, l]));
    for (const link of before.links) if (!links.has(link.id)) this.graph.dropEdge(link.id);
    for (const node of before.nodes) {
      if (nodes.has(node.id)) continue;
      this.graph.dropNode(node.id);
      if (this.hovered === node.id) this.hovered = null;
    }
    const moves = new Map<string, Point>();
    // Sigma works on every merge, so only what differs is merged.
    for (const node of scene.nodes) if (!sameNode(node, oldNodes.get(node.id))) this.mergeNode(node, moves);
    for (const link of scene.links) if (!sameLink(link, oldLinks.get(link.id))) this.mergeLink(link);
    this.tween.start(moves, (id) => this.positionOf(id));
    this.sigma.scheduleRender();
  }

  private mergeNode(node: SceneNode, moves: Map<string, Point>): void {
    const attributes = {
      size: nodeRadius,
      kind: node.kind,
      alpha: node.opacity,
      zIndex: node.selected ? 1 : 0,
    };
    if (!this.graph.hasNode(node.id)) {
      const start = node.from ?? node;
      this.graph.addNode(node.id, { ...attributes, x: start.x, y: -start.y });
      if (node.from) moves.set(node.id, node);
      return;
    }
    this.graph.mergeNodeAttributes(node.id, attributes);
    if (this.drag?.origins.has(node.id)) return; // the hand that drags wins until it lets go
    const at = this.positionOf(node.id);
    if (at && (at.x !== node.x || at.y !== node.y)) moves.set(node.id, node);
  }

  private mergeLink(link: SceneLink): void {
    const strong = link.selected ? this.palette.accent : this.palette.link;
    const attributes = {
      size: linkWidth(link) + (link.selected ? 1 : 0),
      color: mixColours(strong, this.palette.background, link.opacity),
      type: link.curvature === 0 ? 'straight' : 'curved',
      curvature: link.curvature,
      zIndex: link.selected ? 1 : 0,
    };
    if (this.graph.hasEdge(link.id)) this.graph.mergeEdgeAttributes(link.id, attributes);
    else this.graph.addDirectedEdgeWithKey(link.id, link.source, link.target, attributes);
  }

  // After a drag the scene is right again: the move may have been refused, or someone moved the entity meanwhile.
  private resync(ids: readonly string[]): void {
    if (this.dead || this.drag) return;
    const wanted = new Set(ids);
    const moves = new Map<string, Point>();
    for (const node of this.scene.nodes) {
      const at = wanted.has(node.id) ? this.positionOf(node.id) : undefined;
      if (at && (at.x !== node.x || at.y !== node.y)) moves.set(node.id, node);
    }
    this.tween.start(moves, (id) => this.positionOf(id));
  }

  private place(positions: ReadonlyMap<string, Point>): void {
    for (const [id, at] of positions) {
      if (this.graph.hasNode(id)) this.graph.mergeNodeAttributes(id, { x: at.x, y: -at.y });
    }
  }

  private positionOf(id: string): Point | undefined {
    if (!this.graph.hasNode(id)) return undefined;
    const { x, y } = this.graph.getNodeAttributes(id);
    return { x, y: -y };
  }

  // Sigma draws and moves the camera; it must not read the picture back at every move to see what is there. Before
  // anything of ours listens: this takes all listeners off.
  private silenceSigma(): void {
    const mouse = this.sigma.getMouseCaptor();
    const touch = this.sigma.getTouchCaptor();
    for (const name of ['mousemove', 'mouseleave', 'click', 'rightClick', 'doubleClick', 'wheel', 'mousedown', 'mouseup'] as const) {
      mouse.removeAllListeners(name);
    }
    for (const name of ['tap', 'doubletap', 'touchdown', 'touchup', 'touchmove'] as const) touch.removeAllListeners(name);
  }

  private bindNodes(): void {
    const { sigma, events } = this;
    const mouse = sigma.getMouseCaptor();
    const touch = sigma.getTouchCaptor();
    const click = (at: Point, original: MouseEvent | TouchEvent) => {
      if (this.takeSuppressed()) return;
      const { node, link } = this.under(at);
      if (node) events.nodeClick(node, modifiersOf(original));
      else if (link) events.linkClick(link, modifiersOf(original));
      else events.stageClick(modifiersOf(original));
    };
    const open = (at: Point) => {
      const { node } = this.under(at);
      if (node) events.nodeOpen(node);
    };
    mouse.on('click', (at) => click(at, at.original));
    mouse.on('doubleClick', (at) => at.preventSigmaDefault());
    mouse.on('rightClick', (at) => this.menu(this.under(at), at));
    mouse.on('mousedown', (at) => this.startDrag(at));
    mouse.on('mousemove', (at) => this.setHovered(this.under(at)));
    mouse.on('mouseleave', () => this.setHovered({}));
    touch.on('tap', (touched) => {
      const at = touched.touches[0] ?? touched.previousTouches[0];
      if (at) click(at, touched.original);
    });
    touch.on('doubletap', (touched) => {
      touched.preventSigmaDefault();
      const at = touched.touches[0] ?? touched.previousTouches[0];
      if (at) open(at);
    });
    // The browser knows a double click by the times of its clicks, sigma by a timer that a busy page delays.
    const onDoubleClick = (event: MouseEvent) => open(this.pointOf(event));
    this.container.addEventListener('dblclick', onDoubleClick);
    this.cleanups.push(() => this.container.removeEventListener('dblclick', onDoubleClick));
    // Another size, the same middle and the same zoom.
    sigma.on('resize', () => this.setView(this.view()));
    sigma.on('afterRender', () => this.paint());
  }

  private under(at: Point): Target {
    const { width, height } = this.sigma.getDimensions();
    const { x, y, zoom } = this.view();
    const position = (id: string) => {
      const world = this.positionOf(id);
      return world && { x: width / 2 + (world.x - x) * zoom, y: height / 2 + (world.y - y) * zoom };
    };
    return targetAt(at, this.scene, position, nodeRadius * radiusScale(this.zoom()));
  }

  private pointOf(event: MouseEvent): Point {
    const box = this.container.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private takeSuppressed(): boolean {
    const suppressed = this.suppressClick;
    this.suppressClick = false;
    return suppressed;
  }

  private menu(target: Target, event: MouseCoords): void {
    event.preventSigmaDefault();
    event.original.preventDefault();
    const original = event.original as MouseEvent;
    this.events.menu(target, { x: original.clientX, y: original.clientY });
  }

  private setHovered({ node = null, link }: { node?: string | null; link?: string }): void {
    this.container.style.cursor = node || link ? 'pointer' : 'default';
    if (node === this.hovered) return;
    this.hovered = node;
    this.sigma.scheduleRender();
  }

  private startDrag(event: MouseCoords): void {
    const original = event.original as MouseEvent;
    if (original.button !== 0 || original.ctrlKey) return;
    const { node } = this.under(event);
    if (!node) return;
    const dragged = this.scene.nodes.find((n) => n.id === node);
    const ids = dragged?.selected ? this.scene.nodes.filter((n) => n.selected).map((n) => n.id) : [node];
    const origins = new Map(ids.map((id) => [id, this.positionOf(id) ?? { x: 0, y: 0 }]));
    this.drag = { ids, start: this.toWorld(event), origins, moved: false };
    this.tween.stop();
  }

  private bindPointer(): void {
    const captor = this.sigma.getMouseCaptor();
    const move = (event: MouseCoords) => {
      if (!this.drag) return;
      event.preventSigmaDefault();
      event.original.preventDefault();
      const at = this.toWorld(event);
      const dx = at.x - this.drag.start.x;
      const dy = at.y - this.drag.start.y;
      if (!this.drag.moved && Math.hypot(dx, dy) * this.zoom() < 3) return;
      this.drag.moved = true;
      const positions = new Map<string, Point>();
      for (const [id, from] of this.drag.origins) positions.set(id, { x: from.x + dx, y: from.y + dy });
      this.place(positions);
    };
    const up = () => {
      const drag = this.drag;
      this.drag = null;
      if (!drag) return;
      window.setTimeout(() => this.resync(drag.ids), 300);
      if (!drag.moved) return;
      this.suppressClick = true;
      window.setTimeout(() => {
        this.suppressClick = false;
      }, 50);
      const positions = new Map<string, Point>();
      for (const id of drag.ids) {
        const at = this.positionOf(id);
        if (at) positions.set(id, { x: Math.round(at.x), y: Math.round(at.y) });
      }
      this.events.moved(positions);
    };
    captor.on('mousemovebody', move);
    captor.on('mouseup', up);
    this.cleanups.push(() => captor.off('mousemovebody', move), () => captor.off('mouseup', up));
    this.bindLasso();
  }

  // Ctrl-drag over empty space draws a lasso. Capturing listeners, so that sigma does not pan meanwhile.
  private bindLasso(): void {
    const at = (event: MouseEvent) => this.pointOf(event);
    const down = (event: MouseEvent) => {
      if (event.button !== 0 || !(event.ctrlKey || event.metaKey) || this.under(at(event)).node) return;
      event.stopPropagation();
      event.preventDefault();
      this.lasso = [at(event)];
    };
    const move = (event: MouseEvent) => {
      if (this.lasso.length === 0) return;
      event.stopPropagation();
      this.lasso.push(at(event));
      this.paint();
    };
    const up = (event: MouseEvent) => {
      if (this.lasso.length === 0) return;
      event.stopPropagation();
      const polygon = this.lasso;
      this.lasso = [];
      this.paint();
      if (polygon.length < 4) return;
      const ids = this.scene.nodes.filter((n) => inside(this.toScreen(n), polygon)).map((n) => n.id);
      this.events.lasso(ids, modifiersOf(event));
    };
    this.container.addEventListener('mousedown', down, true);
    window.addEventListener('mousemove', move, true);
    window.addEventListener('mouseup', up, true);
    this.cleanups.push(
      () => this.container.removeEventListener('mousedown', down, true),
      () => window.removeEventListener('mousemove', move, true),
      () => window.removeEventListener('mouseup', up, true),
    );
  }

  private paint(): void {
    const { width, height } = this.sigma.getDimensions();
    // For tests and support: where the camera is, `x y zoom` in world units.
    const { x, y, zoom } = this.view();
    this.container.dataset['view'] = `${x.toFixed(2)} ${y.toFixed(2)} ${zoom.toFixed(4)}`;
    const radius = nodeRadius * radiusScale(this.zoom());
    paintOverlay(this.overlay, {
      scene: this.scene,
      palette: this.palette,
      width,
      height,
      zoom: this.zoom(),
      hovered: this.hovered,
      labels: this.labels,
      lasso: this.lasso,
      position: (id) => {
        const at = this.positionOf(id);
        return at && this.toScreen(at);
      },
      radius: () => radius,
    });
  }

  private measureBase(): void {
    const { width, height } = this.sigma.getDimensions();
    const inner = Math.max(1, Math.min(width, height) - 2 * this.sigma.getStagePadding());
    this.baseZoom = inner / (2 * worldHalf);
  }

  private zoom(): number {
    return this.baseZoom / this.sigma.getCamera().getState().ratio;
  }

  setPalette(palette: Palette): void {
    if (this.dead) return;
    this.palette = palette;
    this.glyphs.repaint(palette);
    for (const link of this.scene.links) this.mergeLink(link);
    this.sigma.refresh();
  }

  setLabels(visible: boolean): void {
    if (this.dead) return;
    this.labels = visible;
    this.sigma.scheduleRender();
  }

  fit(ids?: readonly string[]): void {
    if (this.dead) return;
    const wanted = ids && ids.length > 0 ? new Set(ids) : null;
    const nodes = this.scene.nodes.filter((n) => !wanted || wanted.has(n.id));
    if (nodes.length === 0) return;
    const xs = nodes.map((n) => n.x);
    const ys = nodes.map((n) => n.y);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    const { width, height } = this.sigma.getDimensions();
    const zoom = Math.min((width - 120) / (right - left + 60), (height - 110) / (bottom - top + 60), 1.25);
    this.setView({ x: (left + right) / 2, y: (top + bottom) / 2 + 8, zoom });
  }

  zoomBy(factor: number): void {
    const view = this.view();
    this.setView({ ...view, zoom: view.zoom * factor });
  }

  // Conversions are worked out here: sigma's own lag one frame behind the camera, and know nothing before the
  // first entity. The camera is in framed coordinates, where the fixed frame spans 0 … 1.
  view(): CameraView {
    const { x, y } = this.sigma.getCamera().getState();
    return { x: (x - 0.5) * 2 * worldHalf, y: (0.5 - y) * 2 * worldHalf, zoom: this.zoom() };
  }

  setView(view: CameraView): void {
    if (this.dead) return;
    this.measureBase();
    const zoom = Math.min(zoomMax, Math.max(zoomMin, view.zoom));
    this.sigma.getCamera().setState({
      x: 0.5 + view.x / (2 * worldHalf),
      y: 0.5 - view.y / (2 * worldHalf),
      angle: 0,
      ratio: this.baseZoom / zoom,
    });
  }

  toScreen(point: Point): Point {
    const { width, height } = this.sigma.getDimensions();
    const { x, y, zoom } = this.view();
    return { x: width / 2 + (point.x - x) * zoom, y: height / 2 + (point.y - y) * zoom };
  }

  toWorld(point: Point): Point {
    const { width, height } = this.sigma.getDimensions();
    const { x, y, zoom } = this.view();
    return { x: x + (point.x - width / 2) / zoom, y: y + (point.y - height / 2) / zoom };
  }

  exportPng(watermark: string): Promise<Blob> {
    return paintPng(this.scene, this.palette, watermark, nodeRadius);
  }

  destroy(): void {
    if (this.dead) return;
    this.dead = true;
    this.tween.stop();
    for (const cleanup of this.cleanups) cleanup();
    this.sigma.kill();
    this.container.remove();
  }
}
