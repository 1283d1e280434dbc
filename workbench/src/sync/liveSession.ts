// Keeps a room connected: tickets, sockets, timers and pacing around the pure Room. Clock, dice and sockets are
// handed in, so that tests run it without waiting.
import type { LiveSocket, OpenSocket } from '../api/liveSocket';
import type { ServerMessage } from '../api/liveTypes';
import type { Ticket } from '../api/types';
import type { Edit } from '../model/registers';
import type { Outcome, PendingOp, Room } from './room';

export type LiveStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'offline'; readonly retryMs: number }
  | { readonly kind: 'ended'; readonly reason: 'not_member' | 'signed_out' | 'too_many' | 'stopped' };

export interface LiveDeps {
  ticket(): Promise<Ticket>;
  readonly open: OpenSocket;
  schedule(run: () => void, ms: number): () => void; // returns cancel
  random(): number;
  loadPending(): readonly PendingOp[];
  savePending(ops: readonly PendingOp[]): void;
}

export interface LiveCallbacks {
  changed(): void;
  people(): void;
  refused(refused: Outcome['refused']): void;
  status(status: LiveStatus): void;
}

export const silenceMs = 40_000; // R31
const beatLagMs = 5_000; // R31
const backoffMs = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
const paceWindowMs = 10_000; // R34: 2,000 ops in any 10 s; we stay below
const paceOps = 1_600;
const saveMs = 250;
const presenceMs = 100; // R28 allows 20 a second

export interface PresenceOut {
  readonly cursor: { readonly x: number; readonly y: number } | null;
  readonly selection: readonly string[];
  readonly editing: string | null;
}

export class LiveSession {
  private socket: LiveSocket | null = null;
  private generation = 0; // R22: callbacks of an old socket are ignored
  private attempt = 0;
  private stopped = false;
  private timers = new Map<string, () => void>();
  private sentInWindow = 0;
  private presence: PresenceOut | null = null;
  private presenceDue = false;

  constructor(
    readonly room: Room,
    private readonly deps: LiveDeps,
    private readonly callbacks: LiveCallbacks,
  ) {
    room.restore(deps.loadPending());
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    this.deps.savePending(this.room.pending);
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.callbacks.status({ kind: 'ended', reason: 'stopped' });
  }

  edit(edits: readonly Edit[], options: { undo: boolean }): boolean {
    if (!this.room.edit(edits, options)) return false;
    this.deps.savePending(this.room.pending);
    this.callbacks.changed();
    this.flush();
    return true;
  }

  setPresence(presence: PresenceOut): void {
    this.presence = presence;
    if (this.presenceDue) return;
    this.presenceDue = true;
    this.timer('presence', presenceMs, () => {
      this.presenceDue = false;
      this.sendPresence();
    });
  }

  private sendPresence(): void {
    if (!this.presence || this.room.phase !== 'live') return;
    const { cursor, selection, editing } = this.presence;
    this.socket?.send({ type: 'presence', cursor, selection: selection.slice(0, 200), editing });
  }

  private timer(name: string, ms: number, run: () => void): void {
    this.timers.get(name)?.();
    this.timers.set(
      name,
      this.deps.schedule(() => {
        this.timers.delete(name);
        if (!this.stopped) run();
      }, ms),
    );
  }

  private cancel(name: string): void {
    this.timers.get(name)?.();
    this.timers.delete(name);
  }

  private connect(): void {
    if (this.stopped) return;
    this.callbacks.status({ kind: 'connecting' });
    this.generation += 1;
    const generation = this.generation;
    this.deps
      .ticket()
      .then((ticket) => {
        if (generation !== this.generation || this.stopped) return;
        this.socket = this.deps.open(ticket.url, {
          open: () => {
            if (generation === this.generation) this.opened();
          },
          message: (message) => {
            if (generation === this.generation) this.message(message);
          },
          closed: (code) => {
            if (generation === this.generation) this.closed(code);
          },
        });
      })
      .catch((error: { status?: number }) => {
        if (generation !== this.generation || this.stopped) return;
        if (error.status === 404 || error.status === 403) this.end('not_member');
        else if (error.status === 401) this.end('signed_out');
        else this.retry();
      });
  }

  private opened(): void {
    this.socket?.send(this.room.opened());
    this.heard();
  }

  private heard(): void {
    this.timer('silence', silenceMs, () => this.reconnect());
  }

  private message(message: ServerMessage): void {
    this.heard();
    if (message.type === 'beat') {
      // R31: the server is ahead and the event does not come.
      if (message.seq > (this.room.seq ?? 0)) {
        this.timer('lag', beatLagMs, () => {
          if (message.seq > (this.room.seq ?? 0)) this.reconnect();
        });
      }
      return;
    }
    const before = this.room.phase;
    const outcome = this.room.receive(message);
    if (outcome.reconnect) {
      this.reconnect();
      return;
    }
    if (before !== 'live' && this.room.phase === 'live') {
      this.attempt = 0;
      this.callbacks.status({ kind: 'live' });
      this.sendPresence();
    }
    // What is confirmed leaves the kept list a little later: sent twice, it would only be acknowledged (R21).
    if (message.type !== 'presence') this.timer('save', saveMs, () => this.deps.savePending(this.room.pending));
    if (outcome.refused.length > 0) this.callbacks.refused(outcome.refused);
    if (outcome.changed) this.callbacks.changed();
    if (outcome.people) this.callbacks.people();
    if (outcome.slowDown) this.timer('flush', 2_000, () => this.flush());
    else this.flush();
  }

  private flush(): void {
    const budget = paceOps - this.sentInWindow;
    if (budget > 0) {
      for (const message of this.room.takeOps(budget)) {
        this.socket?.send(message);
        if (message.type === 'ops') this.sentInWindow += message.ops.length;
      }
    }
    if (this.sentInWindow > 0 && !this.timers.has('pace')) {
      this.timer('pace', paceWindowMs, () => {
        this.sentInWindow = 0;
        this.flush();
      });
    }
  }

  private drop(): void {
    this.generation += 1;
    this.socket?.close();
    this.socket = null;
    this.cancel('silence');
    this.cancel('lag');
  }

  lost(): void {
    if (!this.stopped && this.socket) this.reconnect();
  }

  private reconnect(): void {
    this.drop();
    this.room.closed({ fresh: false });
    this.callbacks.changed();
    this.retry();
  }

  private closed(code: number): void {
    this.drop();
    this.room.closed({ fresh: code === 4409 });
    this.callbacks.changed();
    if (code === 4401) this.end('signed_out');
    else if (code === 4403) this.end('not_member');
    else if (code === 4429) this.end('too_many');
    else this.retry();
  }

  private retry(): void {
    const base = backoffMs[Math.min(this.attempt, backoffMs.length - 1)] as number;
    this.attempt += 1;
    const retryMs = Math.round(base * (0.75 + this.deps.random() * 0.5));
    this.callbacks.status({ kind: 'offline', retryMs });
    this.timer('retry', retryMs, () => this.connect());
  }

  // The network is back, or the person is impatient.
  retryNow(): void {
    if (!this.timers.has('retry')) return;
    this.cancel('retry');
    this.attempt = 0;
    this.connect();
  }

  private end(reason: 'not_member' | 'signed_out' | 'too_many'): void {
    this.stopped = true;
    this.room.closed({ fresh: false });
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.callbacks.changed();
    this.callbacks.status({ kind: 'ended', reason });
  }
}
