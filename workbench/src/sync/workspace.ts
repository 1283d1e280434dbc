// The chart as the product uses it: one's own (kept in the browser) or a joint operation's (kept by the server),
// behind the same few verbs. Every change goes through step(), so that everything can be undone.
import { ApiError, type Api } from '../api/client';
import type { OpenSocket } from '../api/liveSocket';
import type { ExpandRequest } from '../api/types';
import { bundleId, deriveChart } from '../model/chart';
import type { LinkData, NodeData } from '../model/elements';
import { History } from '../model/history';
import { personColour } from '../model/people';
import { sprout, spacing, type LayoutNode, type Placed } from '../model/placement';
import type { Ports } from '../model/ports';
import { entryOf, noteElement, type Edit, type Registers } from '../model/registers';
import { initialChart, type ChartStore, type Cut, type LiveInfo, type Participant, type ViewStore } from '../model/stores';
import { ElementCache } from './elementCache';
import { LiveSession, type LiveStatus } from './liveSession';
import { LocalChart, type KeyValue } from './localChart';
import { busy, notify, notifyError } from './notices';
import { Room, type Outcome, type PendingOp } from './room';

const drawnMax = 2_000; // drawn by default; more is a query's job
const expandLimit = 500;

export interface WorkspaceDeps {
  readonly api: Api;
  readonly open: OpenSocket;
  readonly chart: ChartStore;
  readonly view: ViewStore;
  readonly ports: Ports;
  readonly localStorage: KeyValue;
  readonly sessionStorage: KeyValue;
  schedule(run: () => void, ms: number): () => void;
  random(): number;
  nowUs(): number;
  newId(): string;
  onError(error: unknown): void; // lets the session learn that it is over
}

export type ExpandFilter = Omit<ExpandRequest, 'ids'>;

interface Owner {
  readonly person: string;
  readonly unit: string;
  readonly scope: string; // case number or `sandbox`
}

export class Workspace {
  readonly cache: ElementCache;
  private local: LocalChart | null = null;
  private live: LiveSession | null = null;
  private history = new History();

  constructor(private readonly deps: WorkspaceDeps) {
    this.cache = new ElementCache(deps.api, deps.chart, () => this.refresh(), (error) => this.failed(error));
  }

  get operationId(): string | null {
    return this.deps.chart.getState().live?.operation ?? null;
  }

  private failed(error: unknown): void {
    this.deps.onError(error);
    notifyError(this.deps.view, error);
  }

  // --- which chart ---

  openLocal(owner: Owner): void {
    this.close();
    const key = `skein.chart.${owner.person}.${owner.scope}`;
    this.local = new LocalChart(this.deps.localStorage, key, owner, this.deps.nowUs);
    this.refresh();
  }

  openOperation(owner: Owner, operation: string, name: string): void {
    this.close();
    const { deps } = this;
    const key = `skein.pending.${owner.person}.${operation}`;
    const room = new Room(deps.newId(), deps.newId);
    room.me = { person: owner.person, display_name: owner.person, unit: owner.unit };
    const session = new LiveSession(
      room,
      {
        ticket: () => deps.api.liveTicket(operation),
        open: deps.open,
        schedule: deps.schedule,
        random: deps.random,
        loadPending: () => loadPending(deps.sessionStorage, key),
        savePending: (ops) => savePending(deps.sessionStorage, key, ops),
      },
      {
        changed: () => {
          if (this.live === session) this.refresh();
        },
        people: () => {
          if (this.live === session) deps.chart.setState((s) => (s.live ? { live: liveInfo(s.live, room) } : {}));
        },
        refused: (refused) => this.refused(refused),
        status: (status) => {
          if (this.live === session) this.setStatus(status);
        },
      },
    );
    this.live = session;
    deps.chart.setState({
      live: { operation, name, closed: false, status: 'connecting', reason: '', people: [], pending: 0 },
    });
    session.start();
  }

  close(): void {
    const live = this.live;
    this.live = null;
    live?.stop();
    this.local = null;
    this.history = new History();
    this.cache.forget();
    this.deps.chart.setState({ ...initialChart });
    this.deps.view.setState({ selection: new Set(), window: null, following: null, focus: false });
  }

  private setStatus(status: LiveStatus): void {
    const reason = status.kind === 'ended' ? status.reason : '';
    this.deps.chart.setState((s) => (s.live ? { live: { ...s.live, status: status.kind, reason } } : {}));
    if (reason === 'signed_out') this.deps.onError(new ApiError(401, { code: 'unauthenticated', message: '' }));
    else if (status.kind === 'ended' && reason !== 'stopped') notify(this.deps.view, 'error', `live.ended.${reason}`);
    this.refresh();
  }

  private refused(refused: Outcome['refused']): void {
    const [first] = refused;
    if (!first) return;
    const by = first.refusal.current?.person ?? '';
    notify(this.deps.view, 'warn', `live.refused.${first.refusal.code}`, {
      count: refused.length,
      message: first.refusal.message,
      person: by,
    });
  }

  retryNow(): void {
    this.live?.retryNow();
  }

  // The machine says it has no network: no need to wait for silence.
  connectionLost(): void {
    this.live?.lost();
  }

  view(): Registers {
    return this.live?.room.view() ?? this.local?.view() ?? initialChart.registers;
  }

  refresh(): void {
    const { chart: store } = this.deps;
    const registers = this.view();
    const { nodes, links, live } = store.getState();
    const chart = deriveChart(registers, nodes, links);
    const room = this.live?.room;
    store.setState({
      registers,
      chart,
      unconfirmed: room?.unconfirmed() ?? new Set(),
      undoLabel: this.history.undoLabel,
      redoLabel: this.history.redoLabel,
      live: live && room ? liveInfo(live, room) : live,
    });
    if (chart.unknown.length > 0) this.cache.request(chart.unknown);
    this.pruneSelection();
  }

  private pruneSelection(): void {
    const { chart } = this.deps.chart.getState();
    const bundles = new Set(chart.bundles.map((b) => b.id));
    const { selection } = this.deps.view.getState();
    const kept = [...selection].filter((id) => chart.byId.has(id) || bundles.has(id));
    if (kept.length !== selection.size) this.deps.view.setState({ selection: new Set(kept) });
  }

  // --- changes ---

  // One user action: shown at once, sent where the chart is shared, undone as a whole.
  step(label: string, edits: readonly Edit[]): boolean {
    if (edits.length === 0) return true;
    const before = this.view();
    if (!this.apply(edits, false)) return false;
    this.history.record(label, edits, before);
    this.refresh();
    return true;
  }

  private apply(edits: readonly Edit[], undo: boolean): boolean {
    if (this.live) {
      if (this.live.edit(edits, { undo })) return true;
      notify(this.deps.view, 'error', 'live.tooMuchWaiting');
      return false;
    }
    this.local?.edit(edits);
    return true;
  }

  undo(): void {
    this.compensate(this.history.undo(this.view()), 'undo');
  }

  redo(): void {
    this.compensate(this.history.redo(this.view()), 'redo');
  }

  private compensate(what: ReturnType<History['undo']>, verb: 'undo' | 'redo'): void {
    if (!what) return;
    this.apply(what.edits, true);
    this.refresh();
    const step = this.deps.ports.translate(what.label);
    if (what.kept > 0) notify(this.deps.view, 'warn', `history.${verb}Partly`, { step, count: what.kept });
  }

  move(positions: ReadonlyMap<string, { readonly x: number; readonly y: number }>, label: string): void {
    this.step(
      label,
      [...positions].map(([element, { x, y }]) => ({ element, property: 'position', value: { x, y } })),
    );
  }

  addNote(on: string, text: string): void {
    const element = noteElement(this.deps.newId().slice(0, 16), on);
    this.step('action.note', [
      { element, property: 'text', value: text },
      { element, property: 'shown', value: true },
    ]);
  }

  changeNote(element: string, text: string | null): void {
    const edit: Edit = text === null
      ? { element, property: 'shown', value: null }
      : { element, property: 'text', value: text };
    this.step('action.note', [edit]);
  }

  // Puts entities on the chart near `around` (default: the middle of the screen), then links them to what stands
  // there already. Those on the chart stay where they are. Returns the ids that are on the chart afterwards.
  async add(
    nodes: readonly NodeData[],
    links: readonly LinkData[] = [],
    around?: { readonly x: number; readonly y: number },
  ): Promise<string[]> {
    this.cache.learn(nodes, links);
    const centre = around ?? this.deps.ports.camera?.view() ?? { x: 0, y: 0 };
    const fresh = this.fitting(nodes.filter((n) => !this.onChart(n.id)));
    const standing = this.deps.chart.getState().chart.nodes;
    const placed = fresh.length === 1 ? [freeSpot(fresh[0]!.id, centre, standing)] : await this.settle(fresh, links, centre);
    const edits = placed.flatMap(placeEdits);
    for (const node of nodes) {
      const shown = entryOf(this.view(), node.id, 'shown');
      if (shown?.value === false) edits.push({ element: node.id, property: 'shown', value: true });
    }
    const on = new Set([...standing.map((n) => n.id), ...nodes.map((n) => n.id)]);
    edits.push(...this.linkEdits(links, on));
    this.step('action.add', edits);
    const ids = nodes.map((n) => n.id).filter((id) => this.onChart(id));
    if (links.length === 0 && placed.length > 0) await this.connect(placed.map((p) => p.id));
    return ids;
  }

  private onChart(id: string): boolean {
    return entryOf(this.view(), id, 'shown') !== undefined;
  }

  // Cuts what would not fit, and says so.
  private fitting(nodes: readonly NodeData[]): readonly NodeData[] {
    const room = drawnMax - this.deps.chart.getState().chart.nodes.length;
    if (nodes.length <= room) return nodes;
    notify(this.deps.view, 'warn', 'chart.full', { limit: drawnMax, left: nodes.length - Math.max(0, room) });
    return nodes.slice(0, Math.max(0, room));
  }

  private linkEdits(links: readonly LinkData[], on: ReadonlySet<string>): Edit[] {
    const view = this.view();
    return links
      .filter((l) => on.has(l.from) && on.has(l.to) && !entryOf(view, l.id, 'shown'))
      .map((l) => ({ element: l.id, property: 'shown', value: true }));
  }

  // New entities sprout around their parent; then only they move, until nothing overlaps.
  private async settle(
    nodes: readonly NodeData[],
    links: readonly LinkData[],
    parent: { readonly x: number; readonly y: number },
  ): Promise<Placed[]> {
    if (nodes.length === 0) return [];
    const { chart } = this.deps.chart.getState();
    const start = sprout(parent, nodes.map((n) => n.id), chart.nodes);
    const labels = new Map(nodes.map((n) => [n.id, n.labels[0] ?? '']));
    const near = chart.nodes.filter((n) => Math.hypot(n.x - parent.x, n.y - parent.y) < spacing * 16);
    const bodies: LayoutNode[] = [
      ...near.map((n) => ({ id: n.id, x: n.x, y: n.y, fixed: true, group: n.kind })),
      ...start.map((p) => ({ ...p, fixed: false, group: labels.get(p.id) ?? '' })),
    ];
    const ids = new Set(bodies.map((b) => b.id));
    const ends = links
      .filter((l) => ids.has(l.from) && ids.has(l.to) && l.from !== l.to)
      .map((l) => ({ source: l.from, target: l.to }));
    try {
      return await this.deps.ports.layout({ name: 'force', nodes: bodies, links: ends });
    } catch {
      return start; // the worker is gone; arcs are good enough
    }
  }

  // Loads neighbours of one entity. The camera and what is placed stay where they are.
  async expand(id: string, ...filters: ExpandFilter[]): Promise<void> {
    await busy(this.deps.view, 'busy.expand', async (signal) => {
      const found = await this.fetchNeighbours(id, filters.length > 0 ? filters : [{}], signal);
      this.cache.learn(found.nodes, found.links);
      const parent = this.deps.chart.getState().chart.byId.get(id) ?? { x: 0, y: 0 };
      const fresh = this.fitting(found.nodes.filter((n) => n.id !== id && !this.onChart(n.id)));
      const placed = await this.settle(fresh, found.links, parent);
      this.rememberBirths(placed, parent);
      const on = new Set([...this.deps.chart.getState().chart.byId.keys(), ...placed.map((p) => p.id)]);
      this.step('action.expand', [...placed.flatMap(placeEdits), ...this.linkEdits(found.links, on)]);
      this.rememberCut(id, found.cut);
    });
  }

  // The API's filters combine, so each (type, direction) is a request of its own; together they are one step.
  private async fetchNeighbours(id: string, filters: readonly ExpandFilter[], signal: AbortSignal) {
    const nodes = new Map<string, NodeData>();
    const links = new Map<string, LinkData>();
    let cut: Cut = { shown: 0, total: 0, lowerBound: false };
    for (const filter of filters) {
      const part = await this.guard(this.deps.api.expand({ ids: [id], limit: expandLimit, ...filter }, { signal }));
      for (const n of part.nodes) nodes.set(n.id, n);
      for (const l of part.links) links.set(l.id, l);
      cut = {
        shown: cut.shown + part.shown_links,
        total: cut.total + part.total_links,
        lowerBound: cut.lowerBound || part.total_is_lower_bound,
      };
    }
    return { nodes: [...nodes.values()], links: [...links.values()], cut };
  }

  private rememberBirths(placed: readonly Placed[], parent: { readonly x: number; readonly y: number }): void {
    const at = { x: parent.x, y: parent.y };
    this.deps.chart.setState({ births: new Map(placed.map((p) => [p.id, at])) });
  }

  private rememberCut(id: string, cut: Cut): void {
    this.deps.chart.setState((s) => {
      const cuts = new Map(s.cuts);
      if (cut.shown < cut.total || cut.lowerBound) cuts.set(id, cut);
      else cuts.delete(id);
      return { cuts };
    });
  }

  // Shows links between these entities and what is on the chart, without adding entities.
  async connect(ids: readonly string[]): Promise<void> {
    await busy(this.deps.view, 'busy.connect', async (signal) => {
      const limit = 2_000;
      const found = await this.guard(this.deps.api.expand({ ids: ids.slice(0, 1_000), limit }, { signal }));
      const on = new Set(this.deps.chart.getState().chart.byId.keys());
      const links = found.links.filter((l) => on.has(l.from) && on.has(l.to));
      this.cache.learn([], links);
      this.step('action.connect', this.linkEdits(links, on));
      if (found.shown_links < found.total_links) {
        notify(this.deps.view, 'info', 'chart.connectCut', { shown: found.shown_links, total: found.total_links });
      }
    });
  }

  async path(from: string, to: string): Promise<void> {
    await busy(this.deps.view, 'busy.path', async (signal) => {
      const found = await this.guard(this.deps.api.paths({ from, to, max_length: 6, all: true, limit: 5 }, { signal }));
      if (found.paths.length === 0) {
        notify(this.deps.view, 'info', 'path.none', { length: 6 });
        return;
      }
      this.cache.learn(found.nodes, found.links);
      const { chart } = this.deps.chart.getState();
      const fresh = this.fitting(found.nodes.filter((n) => !this.onChart(n.id)));
      const placed = alongPaths(fresh, found.paths, chart.byId);
      const on = new Set([...chart.byId.keys(), ...placed.map((p) => p.id)]);
      this.step('action.path', [...placed.flatMap(placeEdits), ...this.linkEdits(found.links, on)]);
      const ids = [...found.nodes.map((n) => n.id), ...found.links.map(bundleId)];
      this.deps.view.setState({ selection: new Set(ids) });
      this.pruneSelection();
      const hops = found.paths[0]?.links.length ?? 0;
      notify(this.deps.view, 'info', 'path.found', { count: found.paths.length, hops });
      this.deps.view.setState({ reveal: found.nodes.map((n) => n.id) });
    });
  }

  private async guard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.deps.onError(error);
      throw error;
    }
  }

  setPresence(selection: readonly string[], cursor: { x: number; y: number } | null): void {
    this.live?.setPresence({ selection, cursor, editing: null });
  }
}

function placeEdits(placed: Placed): Edit[] {
  return [
    { element: placed.id, property: 'shown', value: true },
    { element: placed.id, property: 'position', value: { x: placed.x, y: placed.y } },
  ];
}

// The nearest place to `centre` where nothing stands.
function freeSpot(
  id: string,
  centre: { readonly x: number; readonly y: number },
  standing: readonly { readonly x: number; readonly y: number }[],
): Placed {
  for (let i = 0; i < 400; i += 1) {
    const radius = spacing * 0.55 * Math.sqrt(i);
    const angle = i * 2.399963; // golden angle: even cover
    const x = Math.round(centre.x + Math.cos(angle) * radius);
    const y = Math.round(centre.y + Math.sin(angle) * radius);
    if (standing.every((s) => Math.hypot(s.x - x, s.y - y) > spacing)) return { id, x, y };
  }
  return { id, x: Math.round(centre.x), y: Math.round(centre.y) };
}

// New entities of a path stand on the line between its placed ends; parallel paths beside each other.
function alongPaths(
  fresh: readonly NodeData[],
  paths: readonly { readonly nodes: readonly string[] }[],
  placedNodes: ReadonlyMap<string, { readonly x: number; readonly y: number }>,
): Placed[] {
  const wanted = new Set(fresh.map((n) => n.id));
  const placed: Placed[] = [];
  paths.forEach((path, lane) => {
    const a = placedNodes.get(path.nodes[0] ?? '') ?? { x: 0, y: 0 };
    const b = placedNodes.get(path.nodes.at(-1) ?? '') ?? { x: a.x + 400, y: a.y };
    const length = Math.max(1, Math.hypot(b.x - a.x, b.y - a.y));
    const side = (lane % 2 === 0 ? 1 : -1) * Math.ceil(lane / 2) * spacing * 0.9;
    path.nodes.forEach((id, i) => {
      if (!wanted.delete(id)) return;
      const t = i / (path.nodes.length - 1);
      const x = a.x + (b.x - a.x) * t - ((b.y - a.y) / length) * side;
      const y = a.y + (b.y - a.y) * t + ((b.x - a.x) / length) * side;
      placed.push({ id, x: Math.round(x), y: Math.round(y) });
    });
  });
  return placed;
}

function liveInfo(live: LiveInfo, room: Room): LiveInfo {
  const people: Participant[] = [...room.people.values()].map((p) => ({
    connection: p.connection,
    person: p.person,
    name: p.display_name || p.person,
    unit: p.unit,
    colour: personColour(p.person),
    selection: p.selection ?? [],
    editing: p.editing ?? null,
    cursor: p.cursor ?? null,
  }));
  return { ...live, name: room.name || live.name, closed: room.state === 'closed', people, pending: room.pending.length };
}

function loadPending(storage: KeyValue, key: string): PendingOp[] {
  try {
    return JSON.parse(storage.getItem(key) ?? '[]') as PendingOp[];
  } catch {
    return [];
  }
}

function savePending(storage: KeyValue, key: string, ops: readonly PendingOp[]): void {
  try {
    if (ops.length === 0) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(ops));
  } catch {
    // Full: the ops stay in memory and go out with the connection; only a reload before that would lose them.
  }
}
