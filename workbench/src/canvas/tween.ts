// Moves nodes to where they belong within 180 ms, to show where they came from. Many nodes, a hidden page or
// a person who asked for less motion: at once.
import type { Point } from './scene';

const durationMs = 180;
const nodesMax = 400;

function reducedMotion(): boolean {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden;
}

export class Tween {
  private frame = 0;
  private targets = new Map<string, Point>();

  constructor(private readonly apply: (positions: ReadonlyMap<string, Point>) => void) {}

  start(moves: ReadonlyMap<string, Point>, current: (id: string) => Point | undefined): void {
    if (moves.size === 0) return;
    this.stop();
    if (moves.size > nodesMax || reducedMotion()) {
      this.apply(moves);
      return;
    }
    const origins = new Map<string, Point>();
    for (const [id, to] of moves) origins.set(id, current(id) ?? to);
    this.targets = new Map(moves);
    const begin = performance.now();
    const step = (now: number) => {
      const t = Math.min(1, (now - begin) / durationMs);
      const eased = 1 - (1 - t) ** 3;
      const positions = new Map<string, Point>();
      for (const [id, to] of this.targets) {
        const from = origins.get(id) ?? to;
        positions.set(id, { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * eased });
      }
      if (t < 1) this.frame = requestAnimationFrame(step);
      else this.targets = new Map();
      this.apply(positions);
    };
    this.frame = requestAnimationFrame(step);
  }

  // Ends at the targets, so that nothing stays half-way.
  stop(): void {
    cancelAnimationFrame(this.frame);
    if (this.targets.size > 0) this.apply(this.targets);
    this.targets = new Map();
  }
}
