// Loads what the chart needs to draw: entities and links by id, in few calls, each id asked for once.
import type { Api } from '../api/client';
import type { LinkData, NodeData } from '../model/elements';
import type { ChartStore } from '../model/stores';

const idsPerCall = 1_000;

export class ElementCache {
  private asked = new Set<string>();

  constructor(
    private readonly api: Pick<Api, 'elements'>,
    private readonly store: ChartStore,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  learn(nodes: readonly NodeData[], links: readonly LinkData[]): void {
    if (nodes.length === 0 && links.length === 0) return;
    this.store.setState((s) => ({
      nodes: new Map([...s.nodes, ...nodes.map((n) => [n.id, n] as const)]),
      links: new Map([...s.links, ...links.map((l) => [l.id, l] as const)]),
    }));
  }

  // Asks for ids that are neither known nor on their way. What the viewer may not see is simply not answered,
  // and not asked for again until forget().
  request(ids: readonly string[]): void {
    const missing = ids.filter((id) => !this.asked.has(id));
    for (let i = 0; i < missing.length; i += idsPerCall) {
      const part = missing.slice(i, i + idsPerCall);
      for (const id of part) this.asked.add(id);
      this.api.elements(part).then(
        (found) => {
          this.learn(found.nodes, found.links);
          this.changed();
        },
        (error: unknown) => {
          for (const id of part) this.asked.delete(id);
          this.failed(error);
        },
      );
    }
  }

  forget(): void {
    this.asked.clear();
  }
}
