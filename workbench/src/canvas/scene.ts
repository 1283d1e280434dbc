// What a renderer is asked to show: plain data, no product logic. Coordinates are world units, y downwards;
// at zoom 1 one unit is one CSS pixel. A scene is immutable: a renderer compares it with the last one by id.
import type { Kind } from '../model/kinds';

export type { Palette } from '../model/palette';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface SceneNode {
  readonly id: string;
  readonly kind: Kind;
  readonly label: string;
  readonly detail: string; // second line, shown when zoomed in: a plate, a number, an id
  readonly x: number;
  readonly y: number;
  readonly opacity: number; // 1 confirmed, 0.6 waiting for the server, 0.15 faded
  readonly selected: boolean;
  readonly pinned: boolean;
  readonly noted: boolean;
  readonly rings: readonly string[]; // colours of the people who hold it
  readonly from?: Point | undefined; // where a new node grows out of
}

export interface SceneLink {
  readonly id: string; // of the bundle
  readonly source: string;
  readonly target: string;
  readonly label: string; // `calls ×12`
  readonly count: number;
  readonly curvature: number;
  readonly opacity: number;
  readonly selected: boolean;
}

export interface Scene {
  readonly nodes: readonly SceneNode[];
  readonly links: readonly SceneLink[];
}

export const emptyScene: Scene = { nodes: [], links: [] };
