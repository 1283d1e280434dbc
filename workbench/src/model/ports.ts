// What the product needs from the page around it, so that sync and actions stay free of React and canvas.
import type { LayoutRequest, Placed } from './placement';

export interface Camera {
  fit(ids?: readonly string[]): void;
  zoomBy(factor: number): void;
  view(): { readonly x: number; readonly y: number; readonly zoom: number };
  setView(view: { readonly x: number; readonly y: number; readonly zoom: number }): void;
  exportPng(watermark: string): Promise<Blob>;
}

export interface Ports {
  camera: Camera | null; // null while no chart is on screen
  focusChart: (() => void) | null;
  layout(request: LayoutRequest): Promise<Placed[]>;
  saveFile(name: string, content: Blob): void;
  translate(key: string, params?: Record<string, string | number>): string;
}
