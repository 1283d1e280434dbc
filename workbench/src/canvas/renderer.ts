// The one interface between the product and whatever draws the chart (sigma on WebGL, cytoscape on a plain
// canvas). A renderer draws and reports gestures; it decides nothing.
// Errors   creating a sigma renderer throws where WebGL is missing; createRenderer falls back to cytoscape.
// Lifetime destroy() must be called before the container leaves the document.
import type { Palette, Point, Scene } from './scene';

export interface Modifiers {
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
}

export interface RendererEvents {
  nodeClick(id: string, modifiers: Modifiers): void;
  nodeOpen(id: string): void; // double click
  linkClick(id: string, modifiers: Modifiers): void;
  stageClick(modifiers: Modifiers): void;
  menu(target: { node?: string; link?: string }, at: Point): void; // `at` in page pixels
  moved(positions: ReadonlyMap<string, Point>): void; // once, when the drag ends
  lasso(ids: readonly string[], modifiers: Modifiers): void;
}

export interface CameraView {
  readonly x: number; // world point in the middle
  readonly y: number;
  readonly zoom: number;
}

export interface GraphRenderer {
  readonly name: 'webgl' | 'canvas';
  setScene(scene: Scene): void;
  setPalette(palette: Palette): void;
  setLabels(visible: boolean): void;
  // Moves the camera so that the nodes (all without ids) are seen. Never moves a node.
  fit(ids?: readonly string[]): void;
  zoomBy(factor: number): void;
  view(): CameraView;
  setView(view: CameraView): void;
  toScreen(point: Point): Point; // CSS pixels within the container
  toWorld(point: Point): Point;
  exportPng(watermark: string): Promise<Blob>;
  destroy(): void;
}

export function hasWebGl(): boolean {
  try {
    const probe = document.createElement('canvas');
    return probe.getContext('webgl2') !== null || probe.getContext('webgl') !== null;
  } catch {
    return false;
  }
}

// `prefer` forces one of the two; without it WebGL is used where it works. Each renderer gets an element of its
// own within the container: sigma empties its element when it goes, and two may overlap for a moment.
export async function createRenderer(
  container: HTMLElement,
  palette: Palette,
  events: RendererEvents,
  prefer?: 'webgl' | 'canvas',
): Promise<GraphRenderer> {
  if (prefer !== 'canvas' && hasWebGl()) {
    const { SigmaRenderer } = await import('./sigmaRenderer');
    const host = hostIn(container);
    try {
      return new SigmaRenderer(host, palette, events);
    } catch (error) {
      console.warn('WebGL chart could not start, using the canvas one', error);
      host.remove();
    }
  }
  const { CytoscapeRenderer } = await import('./cytoscapeRenderer');
  return new CytoscapeRenderer(hostIn(container), palette, events);
}

function hostIn(container: HTMLElement): HTMLElement {
  const host = document.createElement('div');
  host.style.cssText = 'position:absolute;inset:0';
  container.append(host);
  return host;
}
