// The client side of docs/protocol/live.md as a pure state machine: no socket, no clock, no dice of its own.
// Confirmed state plus one's own pending ops make the view (R13). Tests drive it through thousands of drops,
// duplicates and reorderings.
import type { ClientMessage, LiveEvent, Op, Presence, Refusal, ServerMessage } from '../api/liveTypes';
import {
  entryOf,
  isTextProperty,
  registerKey,
  sameValue,
  setEntry,
  type Edit,
  type Entry,
  type Registers,
} from '../model/registers';

export interface PendingOp extends Omit<Edit, 'value'> {
  readonly op_id: string;
  value: Edit['value'];
  readonly undo: boolean;
  base: number;
  sent: boolean; // on the present connection
  ackSeq: number | null; // accepted as this seq, its event not seen yet (R21)
}

type Phase = 'offline' | 'joining' | 'live';

// What the shell has to do after feeding the room something.
export interface Outcome {
  readonly changed: boolean;
  readonly people: boolean; // only who is there and what they hold
  readonly refused: readonly { readonly op: PendingOp; readonly refusal: Refusal }[];
  readonly reconnect: boolean; // R23: a gap
  readonly slowDown: boolean; // R34
}

const opsPerMessage = 400; // of 500 allowed
const bytesPerMessage = 200_000; // of 256 KiB allowed
const pendingMax = 20_000;

const nothing: Outcome = { changed: false, people: false, refused: [], reconnect: false, slowDown: false };

export class Room {
  phase: Phase = 'offline';
  name = '';
  state: 'open' | 'closed' = 'open';
  me = { person: '', display_name: '', unit: '' };
  connection = '';
  readonly people = new Map<string, Presence>();
  private confirmed = new Map<string, Readonly<Record<string, Entry>>>();
  private confirmedSeq: number | null = null;
  private ops = new Map<string, PendingOp>(); // by op id, in the order they were made
  private queues = new Map<string, PendingOp[]>(); // by register, oldest first
  private readonly acked = new Set<PendingOp>(); // R21: accepted, their events not seen yet
  private joinTarget = 0;
  private snapshotParts = 0;
  private viewCache: Registers | null = null;

  constructor(
    private readonly client: string,
    private readonly newOpId: () => string,
  ) {}

  get seq(): number | null {
    return this.confirmedSeq;
  }

  get pending(): readonly PendingOp[] {
    return [...this.ops.values()];
  }

  private push(op: PendingOp): void {
    this.ops.set(op.op_id, op);
    const key = registerKey(op);
    const queue = this.queues.get(key);
    if (queue) queue.push(op);
    else this.queues.set(key, [op]);
  }

  private take(op: PendingOp): void {
    this.ops.delete(op.op_id);
    const key = registerKey(op);
    const rest = (this.queues.get(key) ?? []).filter((other) => other !== op);
    if (rest.length > 0) this.queues.set(key, rest);
    else this.queues.delete(key);
    this.viewCache = null;
  }

  // R13. Cached until something changes; never changed in place.
  view(): Registers {
    if (this.viewCache) return this.viewCache;
    const view = new Map(this.confirmed);
    for (const op of this.ops.values()) {
      const base = entryOf(this.confirmed, op.element, op.property);
      setEntry(view, {
        element: op.element,
        property: op.property,
        value: op.value,
        seq: base?.seq ?? 0,
        person: this.me.person,
        unit: this.me.unit,
        time_us: base?.time_us ?? Number.MAX_SAFE_INTEGER,
      });
    }
    this.viewCache = view;
    return view;
  }

  confirmedState(): Registers {
    return this.confirmed;
  }

  unconfirmed(): ReadonlySet<string> {
    return new Set([...this.ops.values()].map((op) => op.element));
  }

  // Pending ops of an earlier page load (R20: sent again under the same ids).
  restore(ops: readonly Pick<PendingOp, 'op_id' | 'element' | 'property' | 'value' | 'base' | 'undo'>[]): void {
    for (const op of ops) this.push({ ...op, sent: false, ackSeq: null });
    this.viewCache = null;
  }

  // R9. Returns false, and changes nothing, when too much is waiting already.
  edit(edits: readonly Edit[], options: { undo: boolean }): boolean {
    if (this.ops.size + edits.length > pendingMax) return false;
    for (const edit of edits) {
      if (!options.undo && this.coalesce(edit)) continue;
      this.push({
        ...edit,
        op_id: this.newOpId(),
        undo: options.undo,
        base: entryOf(this.confirmed, edit.element, edit.property)?.seq ?? 0,
        sent: false,
        ackSeq: null,
      });
    }
    this.viewCache = null;
    return true;
  }

  // A node dragged twice while offline needs one op: the last waiting one of the register takes the new value.
  private coalesce(edit: Edit): boolean {
    const last = this.queues.get(registerKey(edit))?.at(-1);
    if (!last || last.sent || last.ackSeq !== null || last.undo || isTextProperty(edit.property)) return false;
    last.value = edit.value;
    return true;
  }

  // What to send now, at most `budget` ops (R34). Marks them sent.
  takeOps(budget: number): ClientMessage[] {
    if (this.phase !== 'live') return [];
    const held = new Set<string>(); // registers whose earlier op decides the base of the next
    const ready: PendingOp[] = [];
    for (const op of this.ops.values()) {
      const key = registerKey(op);
      const basedOn = op.undo || isTextProperty(op.property);
      if (basedOn && held.has(key)) continue;
      held.add(key);
      if (!op.sent && op.ackSeq === null && ready.length < budget) ready.push(op);
    }
    const messages: ClientMessage[] = [];
    let batch: Op[] = [];
    let bytes = 0;
    for (const op of ready) {
      op.sent = true;
      const wire: Op = {
        op_id: op.op_id,
        element: op.element,
        property: op.property,
        value: op.value,
        base: op.base,
        ...(op.undo ? { undo: true as const } : {}),
      };
      const size = JSON.stringify(wire).length * 3;
      if (batch.length >= opsPerMessage || (batch.length > 0 && bytes + size > bytesPerMessage)) {
        messages.push({ type: 'ops', ops: batch });
        batch = [];
        bytes = 0;
      }
      batch.push(wire);
      bytes += size;
    }
    if (batch.length > 0) messages.push({ type: 'ops', ops: batch });
    return messages;
  }

  // The socket is open: R3.
  opened(): ClientMessage {
    this.phase = 'joining';
    return { type: 'hello', protocol: 1, client: this.client, since: this.confirmedSeq };
  }

  // The socket is gone. `fresh`: rights changed (R26), join from nothing.
  closed(options: { fresh: boolean }): void {
    this.phase = 'offline';
    this.people.clear();
    for (const op of this.ops.values()) op.sent = false;
    if (options.fresh) this.confirmedSeq = null;
  }

  receive(message: ServerMessage): Outcome {
    switch (message.type) {
      case 'welcome':
        return this.welcome(message);
      case 'snapshot':
        return this.snapshot(message);
      case 'events':
        return this.events(message.events);
      case 'acks':
        return this.acks(message.acks);
      case 'refused':
        return this.refused(message.refusals);
      case 'presence':
      case 'joined': {
        const { type: _type, ...presence } = message;
        if (presence.connection !== this.connection) this.people.set(presence.connection, presence);
        return { ...nothing, people: true };
      }
      case 'left':
        this.people.delete(message.connection);
        return { ...nothing, people: true };
      case 'beat':
        return nothing;
    }
  }

  private welcome(message: Extract<ServerMessage, { type: 'welcome' }>): Outcome {
    this.name = message.name;
    this.state = message.state;
    this.me = message.you;
    this.connection = message.connection;
    this.people.clear();
    for (const p of message.people) if (p.connection !== message.connection) this.people.set(p.connection, p);
    this.joinTarget = message.seq;
    if (message.resume === 'snapshot') {
      this.confirmed = new Map();
      this.confirmedSeq = null;
      this.snapshotParts = 0;
    } else this.settle();
    this.viewCache = null;
    return { ...nothing, changed: true };
  }

  private snapshot(message: Extract<ServerMessage, { type: 'snapshot' }>): Outcome {
    if (message.part !== this.snapshotParts + 1) return { ...nothing, reconnect: true };
    this.snapshotParts = message.part;
    for (const entry of message.entries) setEntry(this.confirmed, entry);
    if (message.part === message.parts) {
      this.confirmedSeq = message.seq;
      this.rebaseAll();
      this.settle();
    }
    this.viewCache = null;
    return { ...nothing, changed: true };
  }

  // Ops made before anything was confirmed here take the snapshot's seq as what their author sees.
  private rebaseAll(): void {
    for (const op of this.ops.values()) {
      if (op.base === 0 && !isTextProperty(op.property)) {
        op.base = entryOf(this.confirmed, op.element, op.property)?.seq ?? 0;
      }
    }
  }

  private settle(): void {
    if (this.phase === 'joining' && (this.confirmedSeq ?? 0) >= this.joinTarget) this.phase = 'live';
    const seq = this.confirmedSeq ?? 0;
    for (const op of this.acked) {
      if (op.ackSeq !== null && op.ackSeq > seq) continue;
      this.acked.delete(op);
      if (this.ops.has(op.op_id)) this.take(op);
    }
  }

  private events(events: Extract<ServerMessage, { type: 'events' }>['events']): Outcome {
    let changed = false;
    for (const event of events) {
      const seq = this.confirmedSeq ?? 0;
      if (event.seq <= seq) continue; // R23
      if (event.seq > seq + 1) return { ...nothing, changed, reconnect: true };
      this.confirmedSeq = event.seq;
      changed = true;
      if (event.redacted) continue; // R24
      this.apply(event);
    }
    this.settle();
    if (changed) this.viewCache = null;
    return { ...nothing, changed };
  }

  private apply(event: LiveEvent): void {
    const { op_id, ...entry } = event;
    setEntry(this.confirmed, entry);
    const own = this.ops.get(op_id);
    if (!own) return;
    this.take(own);
    // The next op on the register was made on top of this one.
    const next = this.queues.get(registerKey(event))?.[0];
    if (next && !next.sent) next.base = event.seq;
  }

  private acks(acks: readonly { op_id: string; seq: number }[]): Outcome {
    for (const ack of acks) {
      const op = this.ops.get(ack.op_id);
      if (!op) continue;
      op.ackSeq = ack.seq;
      this.acked.add(op);
    }
    this.settle();
    return { ...nothing, changed: true };
  }

  private refused(refusals: readonly Refusal[]): Outcome {
    const refused: { op: PendingOp; refusal: Refusal }[] = [];
    let slowDown = false;
    for (const refusal of refusals) {
      const op = this.ops.get(refusal.op_id);
      if (!op) continue;
      if (refusal.code === 'slow_down') {
        op.sent = false;
        slowDown = true;
        continue;
      }
      this.take(op);
      refused.push({ op, refusal });
    }
    this.viewCache = null;
    return { ...nothing, changed: true, refused, slowDown };
  }

  // For tests and the status line: nothing waits and nothing differs.
  settled(): boolean {
    return this.phase === 'live' && this.ops.size === 0;
  }
}

export function sameRegisters(a: Registers, b: Registers): boolean {
  if (a.size !== b.size) return false;
  for (const [element, properties] of a) {
    const other = b.get(element);
    if (!other || Object.keys(properties).length !== Object.keys(other).length) return false;
    for (const [key, entry] of Object.entries(properties)) {
      const same = other[key];
      if (!same || same.seq !== entry.seq || !sameValue(same.value, entry.value)) return false;
    }
  }
  return true;
}
