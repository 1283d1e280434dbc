import type { Kind } from './kinds';

// Colours of one theme. The canvas gets them as data, because it cannot read CSS variables cheaply.
export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly link: string;
  readonly accent: string;
  readonly kinds: Record<Kind, string>;
  readonly tint: number; // how much of the kind's hue fills the shape
}
