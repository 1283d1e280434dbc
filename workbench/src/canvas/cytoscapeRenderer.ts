// The renderer for machines without WebGL (virtual desktops, old drivers): cytoscape on a plain canvas. As fast
// as WebGL below about 500 nodes there. Icons, rings and labels come from the same overlay painter.
import cytoscape, { type Core, type EventObject } from 'cytoscape';
import type { Kind } from '../model/kinds';
import { mixColours } from './colour';
import { paintPng } from './exportPng';
import { drawGlyph } from './glyphs';
import { inside, paintOverlay } from './overlay';
import type { CameraView, GraphRenderer, Modifiers, RendererEvents } from './renderer';
import { emptyScene, type Palette, type Point, type Scene } from './scene';

const nodeRadius = 17;

function modifiersOf(event: MouseEvent): Modifiers {
  return { ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey };
}

export class CytoscapeRenderer implements GraphRenderer {
  readonly name = 'canvas';
  private readonly core: Core;
  private readonly overlay: HTMLCanvasElement;
  private readonly cleanups: (() => void)[] = [];
  private scene: Scene = emptyScene;
  private kindOf = new Map<string, { kind: Kind; opacity: number }>();
  private hovered: string | null = null;
  private labels = true;
  private dead = false;
  private lasso: Point[] = [];

  constructor(
    private readonly container: HTMLElement,
    private palette: Palette,
    private readonly events: RendererEvents,
  ) {
    const stage = document.createElement('div');
    stage.style.cssText = 'position:absolute;inset:0';
    this.overlay = document.createElement('canvas');
    this.overlay.style.cssText = 'position:absolute;inset:0;pointer-events:none';
    container.append(stage, this.overlay);
    this.core = cytoscape({
      container: stage,
      style: this.style(),
      layout: { name: 'preset' },
      minZoom: 0.03,
      maxZoom: 6,
      boxSelectionEnabled: false,
      autounselectify: true,
    });
    this.setView({ x: 0, y: 0, zoom: 1 });
    this.bind();
    this.bindLasso();
  }

  private style(): cytoscape.StylesheetJson {
    return [
      {
        selector: 'node',
        style: { width: nodeRadius * 2, height: nodeRadius * 2, 'background-opacity': 0, 'overlay-opacity': 0 },
      },
      {
        selector: 'edge',
        style: {
          width: 'data(width)',
          'line-color': 'data(colour)',
          'target-arrow-color': 'data(colour)',
          'target-arrow-shape': 'triangle',
          'curve-style': 'unbundled-bezier',
          'control-point-distances': 'data(bend)',
          'control-point-weights': 0.5,
          'arrow-scale': 0.8,
          'overlay-opacity': 0,
        },
      },
    ] as unknown as cytoscape.StylesheetJson;
  }

  private bind(): void {
    const { core, events } = this;
    const mouse = (event: EventObject) => event.originalEvent as MouseEvent;
    core.on('tap', 'node', (e) => events.nodeClick(e.target.id(), modifiersOf(mouse(e))));
    core.on('dbltap', 'node', (e) => events.nodeOpen(e.target.id()));
    core.on('tap', 'edge', (e) => events.linkClick(e.target.id(), modifiersOf(mouse(e))));
    core.on('tap', (e) => {
      if (e.target === core) events.stageClick(modifiersOf(mouse(e)));
    });
    core.on('cxttap', (e) => {
      const at = { x: mouse(e).clientX, y: mouse(e).clientY };
      if (e.target === core) events.menu({}, at);
      else if (e.target.isNode()) events.menu({ node: e.target.id() }, at);
      else events.menu({ link: e.target.id() }, at);
    });
    core.on('mouseover', 'node', (e) => this.setHovered(e.target.id()));
    core.on('mouseout', 'node', () => this.setHovered(null));
    core.on('dragfree', 'node', (e) => {
      const at = e.target.position() as Point;
      events.moved(new Map([[e.target.id(), { x: Math.round(at.x), y: Math.round(at.y) }]]));
    });
    core.on('render', () => this.paint());
    const noMenu = (event: Event) => event.preventDefault();
    this.container.addEventListener('contextmenu', noMenu);
    this.cleanups.push(() => this.container.removeEventListener('contextmenu', noMenu));
  }

  private bindLasso(): void {
    const at = (event: MouseEvent): Point => {
      const box = this.container.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const down = (event: MouseEvent) => {
      if (event.button !== 0 || !(event.ctrlKey || event.metaKey) || this.hovered) return;
      event.stopPropagation();
      this.lasso = [at(event)];
    };
    const move = (event: MouseEvent) => {
      if (this.lasso.length === 0) return;
      this.lasso.push(at(event));
      this.paint();
    };
    const up = (event: MouseEvent) => {
      const polygon = this.lasso;
      this.lasso = [];
      if (polygon.length < 4) return;
      const ids = this.scene.nodes.filter((n) => inside(this.toScreen(n), polygon)).map((n) => n.id);
      this.events.lasso(ids, modifiersOf(event));
    };
    this.container.addEventListener('mousedown', down, true);
    window.addEventListener('mousemove', move);
    window.addEventListener('mouseup', up);
    this.cleanups.push(
      () => this.container.removeEventListener('mousedown', down, true),
      () => window.removeEventListener('mousemove', move),
      () => window.removeEventListener('mouseup', up),
    );
  }

  private setHovered(id: string | null): void {
    this.hovered = id;
    this.paint();
  }

  setScene(scene: Scene): void {
    if (this.dead) return;
    this.scene = scene;
    this.kindOf = new Map(scene.nodes.map((n) => [n.id, { kind: n.kind, opacity: n.opacity }]));
    const keep = new Set([...scene.nodes.map((n) => n.id), ...scene.links.map((l) => l.id)]);
    this.core.batch(() => {
      this.core.elements().filter((e) => !keep.has(e.id())).remove();
      for (const node of scene.nodes) {
        const known = this.core.getElementById(node.id);
        const position = { x: node.x, y: node.y };
        if (known.nonempty()) {
          if (!known.grabbed()) known.position(position);
        } else this.core.add({ group: 'nodes', data: { id: node.id }, position });
      }
      for (const link of scene.links) this.mergeLink(link);
    });
    this.paint();
  }

  private mergeLink(link: Scene['links'][number]): void {
    const strong = link.selected ? this.palette.accent : this.palette.link;
    const data = {
      width: 1.2 + Math.min(5, Math.log2(link.count)) * 0.7,
      colour: mixColours(strong, this.palette.background, link.opacity),
      bend: -link.curvature * 120,
    };
    const known = this.core.getElementById(link.id);
    if (known.nonempty()) known.data(data);
    else this.core.add({ group: 'edges', data: { id: link.id, source: link.source, target: link.target, ...data } });
  }

  private paint(): void {
    if (this.dead) return;
    const width = this.container.clientWidth;
    const height = this.container.clientHeight;
    const zoom = this.core.zoom();
    const radius = nodeRadius * zoom;
    const position = (id: string) => {
      const node = this.core.getElementById(id);
      return node.nonempty() ? (node.renderedPosition() as Point) : undefined;
    };
    paintOverlay(this.overlay, {
      scene: this.scene,
      palette: this.palette,
      width,
      height,
      zoom,
      hovered: this.hovered,
      labels: this.labels,
      lasso: this.lasso,
      position,
      radius: () => radius,
    });
    const context = this.overlay.getContext('2d');
    if (!context) return;
    context.globalCompositeOperation = 'destination-over';
    for (const [id, { kind, opacity }] of this.kindOf) {
      const at = position(id);
      if (!at) continue;
      context.globalAlpha = opacity;
      // Painted under the labels: icon and border first is impossible here, so the glyph goes in one piece.
      const sprite = this.sprite(kind);
      context.drawImage(sprite, at.x - radius * 1.2, at.y - radius * 1.2, radius * 2.4, radius * 2.4);
    }
    context.globalAlpha = 1;
    context.globalCompositeOperation = 'source-over';
  }

  private sprites = new Map<Kind, HTMLCanvasElement>();

  private sprite(kind: Kind): HTMLCanvasElement {
    const known = this.sprites.get(kind);
    if (known) return known;
    const canvas = document.createElement('canvas');
    canvas.width = 96;
    canvas.height = 96;
    const context = canvas.getContext('2d');
    if (context) drawGlyph(context, kind, 48, 48, 40 * 0.94, this.palette);
    this.sprites.set(kind, canvas);
    return canvas;
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.sprites.clear();
    this.setScene(this.scene);
  }

  setLabels(visible: boolean): void {
    this.labels = visible;
    this.paint();
  }

  fit(ids?: readonly string[]): void {
    if (this.dead) return;
    const wanted = ids && ids.length > 0 ? new Set(ids) : null;
    const nodes = this.core.nodes().filter((n) => !wanted || wanted.has(n.id()));
    if (nodes.empty()) return;
    this.core.fit(nodes, 60);
    if (this.core.zoom() > 1.25) this.core.zoom({ level: 1.25, renderedPosition: this.middle() });
  }

  private middle(): Point {
    return { x: this.container.clientWidth / 2, y: this.container.clientHeight / 2 };
  }

  zoomBy(factor: number): void {
    this.core.zoom({ level: this.core.zoom() * factor, renderedPosition: this.middle() });
  }

  view(): CameraView {
    return { ...this.toWorld(this.middle()), zoom: this.core.zoom() };
  }

  setView(view: CameraView): void {
    if (this.dead) return;
    const middle = this.middle();
    this.core.viewport({
      zoom: view.zoom,
      pan: { x: middle.x - view.x * view.zoom, y: middle.y - view.y * view.zoom },
    });
  }

  toScreen(point: Point): Point {
    const pan = this.core.pan();
    const zoom = this.core.zoom();
    return { x: point.x * zoom + pan.x, y: point.y * zoom + pan.y };
  }

  toWorld(point: Point): Point {
    const pan = this.core.pan();
    const zoom = this.core.zoom();
    return { x: (point.x - pan.x) / zoom, y: (point.y - pan.y) / zoom };
  }

  exportPng(watermark: string): Promise<Blob> {
    return paintPng(this.scene, this.palette, watermark, nodeRadius);
  }

  destroy(): void {
    if (this.dead) return;
    this.dead = true;
    for (const cleanup of this.cleanups) cleanup();
    this.core.destroy();
    this.container.remove();
  }
}
