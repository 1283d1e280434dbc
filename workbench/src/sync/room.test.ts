// The client half of skein.live.1. Names carry the protocol's rule.
import { describe, expect, it } from 'vitest';
import { LiveServer } from '../../tests/fake/liveServer';
import type { ClientMessage, ServerMessage } from '../api/liveTypes';
import { valueOf, type Edit } from '../model/registers';
import { Room, sameRegisters } from './room';

function ids(prefix: string): () => string {
  let n = 0;
  return () => `${prefix}-${String((n += 1)).padStart(8, '0')}`;
}

const move = (element: string, x: number): Edit => ({ element, property: 'position', value: { x, y: 0 } });
const text = (element: string, value: string): Edit => ({ element, property: 'text', value });

function joined(person = 'lin'): { room: Room; server: LiveServer; id: string; refused: string[] } {
  const server = new LiveServer();
  return { ...join(server, person), server };
}

function join(server: LiveServer, person: string) {
  const room = new Room(person, ids(person));
  const refused: string[] = [];
  const id = server.connect(person, (m) => {
    for (const r of room.receive(m).refused) refused.push(r.refusal.code);
  });
  server.receive(id, room.opened());
  return { room, id, refused };
}

const flush = (room: Room, server: LiveServer, id: string) => {
  for (const message of room.takeOps(1000)) server.receive(id, message);
};

describe('Room', () => {
  it('R5 joins by snapshot and drops what it believed', () => {
    const { server, room, id } = joined();
    room.edit([move('n1', 5)], { undo: false });
    flush(room, server, id);
    const other = join(server, 'gao');
    expect(other.room.phase).toBe('live');
    expect(valueOf(other.room.view(), 'n1', 'position')).toEqual({ x: 5, y: 0 });
  });

  it('R9 R12 shows an edit at once and confirms it on its event', () => {
    const { server, room, id } = joined();
    room.edit([move('n1', 5)], { undo: false });
    expect(valueOf(room.view(), 'n1', 'position')).toEqual({ x: 5, y: 0 });
    expect(room.unconfirmed().has('n1')).toBe(true);
    flush(room, server, id);
    expect(room.unconfirmed().size).toBe(0);
    expect(room.settled()).toBe(true);
  });

  it('R13 keeps pending on top of foreign events', () => {
    const { server, room } = joined();
    const other = join(server, 'gao');
    room.edit([move('n1', 5)], { undo: false });
    other.room.edit([move('n1', 9)], { undo: false });
    flush(other.room, server, other.id);
    expect(valueOf(room.view(), 'n1', 'position')).toEqual({ x: 5, y: 0 });
    expect(valueOf(room.confirmedState(), 'n1', 'position')).toEqual({ x: 9, y: 0 });
  });

  it('R15 R16 falls back when a text was written over something unseen', () => {
    const { server, room, id, refused } = joined();
    const other = join(server, 'gao');
    room.edit([text('note:a', 'mine')], { undo: false });
    other.room.edit([text('note:a', 'theirs')], { undo: false });
    flush(other.room, server, other.id);
    flush(room, server, id);
    expect(refused).toEqual(['stale']);
    expect(valueOf(room.view(), 'note:a', 'text')).toBe('theirs');
  });

  it('R16 a second text edit is based on the first one of the same person', () => {
    const { server, room, id, refused } = joined();
    room.edit([text('note:a', 'one')], { undo: false });
    room.edit([text('note:a', 'two')], { undo: false });
    for (let i = 0; i < 3; i += 1) flush(room, server, id);
    expect(refused).toEqual([]);
    expect(valueOf(server.state, 'note:a', 'text')).toBe('two');
  });

  it('R16 undo of what someone changed since is refused and changes nothing', () => {
    const { server, room, id, refused } = joined();
    const other = join(server, 'gao');
    room.edit([move('n1', 1)], { undo: false });
    flush(room, server, id);
    room.edit([move('n1', 0)], { undo: true });
    other.room.edit([move('n1', 9)], { undo: false });
    flush(other.room, server, other.id);
    flush(room, server, id);
    expect(refused).toEqual(['stale']);
    expect(valueOf(room.view(), 'n1', 'position')).toEqual({ x: 9, y: 0 });
  });

  it('R18 a refused element snaps back', () => {
    const { server, room, id, refused } = joined();
    server.refuse.add('n7');
    room.edit([{ element: 'n7', property: 'shown', value: true }], { undo: false });
    flush(room, server, id);
    expect(refused).toEqual(['not_found']);
    expect(room.view().has('n7')).toBe(false);
  });

  it('R20 R21 resends after a lost answer without applying twice', () => {
    const server = new LiveServer();
    const room = new Room('tab', ids('lin'));
    let deaf = false;
    const listen = (m: ServerMessage) => {
      if (!deaf) room.receive(m);
    };
    const first = server.connect('lin', listen);
    server.receive(first, room.opened());
    deaf = true;
    room.edit([move('n1', 5)], { undo: false });
    flush(room, server, first);
    server.disconnect(first);
    room.closed({ fresh: false });
    deaf = false;
    expect(room.pending.length).toBe(1);
    const second = server.connect('lin', listen);
    server.receive(second, room.opened());
    flush(room, server, second);
    expect(server.log.length).toBe(1);
    expect(room.settled()).toBe(true);
  });

  it('R21 an ack before its event waits for the event', () => {
    const { room } = joined();
    room.edit([move('n1', 5)], { undo: false });
    const [message] = room.takeOps(10) as [Extract<ClientMessage, { type: 'ops' }>];
    const op = message.ops[0]!;
    room.receive({ type: 'acks', acks: [{ op_id: op.op_id, seq: 1 }] });
    expect(room.pending.length).toBe(1);
    room.receive({ type: 'events', events: [{ seq: 1, redacted: true }] });
    expect(room.pending.length).toBe(0);
  });

  it('R23 ignores what it has and asks to reconnect on a gap', () => {
    const { room } = joined();
    const event = (seq: number) => ({ seq, op_id: 'x', person: 'p', unit: 'u', time_us: seq, element: 'n1', property: 'pinned', value: true });
    expect(room.receive({ type: 'events', events: [event(1)] }).reconnect).toBe(false);
    expect(room.receive({ type: 'events', events: [event(1)] }).changed).toBe(false);
    expect(room.receive({ type: 'events', events: [event(3)] }).reconnect).toBe(true);
    expect(room.seq).toBe(1);
  });

  it('R24 counts redacted events and shows nothing of them', () => {
    const { room } = joined();
    room.receive({ type: 'events', events: [{ seq: 1, redacted: true }] });
    expect(room.seq).toBe(1);
    expect(room.view().size).toBe(0);
  });

  it('R26 joins afresh after its rights changed', () => {
    const { server, room, id } = joined();
    room.edit([move('n1', 5)], { undo: false });
    flush(room, server, id);
    room.closed({ fresh: true });
    expect(room.opened()).toMatchObject({ since: null });
  });

  it('R34 keeps an op that was told to slow down', () => {
    const { room } = joined();
    room.edit([move('n1', 5)], { undo: false });
    const [message] = room.takeOps(10) as [Extract<ClientMessage, { type: 'ops' }>];
    const refusal = { op_id: message.ops[0]!.op_id, code: 'slow_down', message: '', current: null };
    expect(room.receive({ type: 'refused', refusals: [refusal] }).slowDown).toBe(true);
    expect(room.takeOps(10).length).toBe(1);
  });

  it('merges waiting moves of one entity into one op while offline', () => {
    const room = new Room('tab', ids('lin'));
    for (let x = 0; x < 50; x += 1) room.edit([move('n1', x)], { undo: false });
    expect(room.pending.length).toBe(1);
    expect(valueOf(room.view(), 'n1', 'position')).toEqual({ x: 49, y: 0 });
  });

  it('splits what it sends into messages of at most 500 ops', () => {
    const { room } = joined();
    room.edit(Array.from({ length: 1200 }, (_, i) => move(`n${i}`, i)), { undo: false });
    const messages = room.takeOps(2000) as Extract<ClientMessage, { type: 'ops' }>[];
    expect(messages.map((m) => m.ops.length)).toEqual([400, 400, 400]);
  });
});

// --- schedules of loss, delay, duplicates and reconnects ---

function dice(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

class Peer {
  readonly room: Room;
  private inbox: ServerMessage[] = [];
  private outbox: ClientMessage[] = [];
  private connection: string | null = null;

  constructor(
    private readonly server: LiveServer,
    readonly person: string,
    tab: string,
  ) {
    this.room = new Room(tab, ids(`${person}-${tab}`));
  }

  connect(): void {
    this.drop();
    const mine: ServerMessage[] = [];
    this.inbox = mine;
    this.connection = this.server.connect(this.person, (m) => mine.push(m));
    this.outbox = [this.room.opened()];
  }

  // Everything on the wire is lost, in both directions.
  drop(): void {
    if (this.connection) this.server.disconnect(this.connection);
    this.connection = null;
    this.outbox = [];
    this.inbox = [];
    this.room.closed({ fresh: false });
  }

  step(random: () => number): void {
    const what = random();
    if (!this.connection) {
      if (what < 0.5) this.connect();
      return;
    }
    if (what < 0.04) this.drop();
    else if (what < 0.5) this.deliver();
    else this.send();
  }

  deliver(): void {
    const message = this.inbox.shift();
    if (!message) return;
    const outcome = this.room.receive(message);
    if (outcome.reconnect) this.connect();
    else this.outbox.push(...this.room.takeOps(50));
  }

  send(): void {
    this.outbox.push(...this.room.takeOps(50));
    const message = this.outbox.shift();
    if (message && this.connection) this.server.receive(this.connection, message);
  }

  settle(): void {
    if (!this.connection) this.connect();
    for (let i = 0; i < 2000 && (this.inbox.length > 0 || this.outbox.length > 0 || !this.room.settled()); i += 1) {
      this.send();
      this.deliver();
    }
  }
}

function randomEdit(random: () => number): Edit {
  const n = Math.floor(random() * 6);
  const kind = random();
  if (kind < 0.4) return move(`n${n}`, Math.floor(random() * 1000));
  if (kind < 0.6) return { element: `n${n}`, property: 'shown', value: random() < 0.3 ? null : random() < 0.7 };
  if (kind < 0.8) return text(`note:k${n}`, `t${Math.floor(random() * 1000)}`);
  return { element: `n${n}`, property: 'pinned', value: random() < 0.5 ? true : null };
}

describe('Room under loss and reconnects', () => {
  it('R7 R14 all clients converge to the server, and nothing accepted is applied twice', () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = dice(seed);
      const server = new LiveServer();
      const peers = [new Peer(server, 'lin', 'a'), new Peer(server, 'gao', 'b'), new Peer(server, 'lin', 'c')];
      if (seed % 5 === 0) server.refuse.add('n3');
      for (let i = 0; i < 250; i += 1) {
        const peer = peers[Math.floor(random() * peers.length)]!;
        if (random() < 0.15) peer.room.edit([randomEdit(random)], { undo: random() < 0.1 });
        else peer.step(random);
      }
      for (let round = 0; round < 3; round += 1) for (const peer of peers) peer.settle();
      for (const peer of peers) {
        expect(peer.room.settled(), `seed ${seed}, ${peer.person}`).toBe(true);
        expect(sameRegisters(peer.room.view(), server.state), `seed ${seed}, ${peer.person}`).toBe(true);
      }
      const seen = new Set(server.log.map((e) => e.op_id));
      expect(seen.size, `seed ${seed}`).toBe(server.log.length);
    }
  });

  it('R20 a reload resends pending ops by id', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = dice(seed + 5000);
      const server = new LiveServer();
      const before = new Peer(server, 'lin', 'a');
      before.connect();
      for (let i = 0; i < 60; i += 1) {
        if (random() < 0.4) before.room.edit([randomEdit(random)], { undo: false });
        else before.step(random);
      }
      const kept = JSON.parse(JSON.stringify(before.room.pending));
      before.drop();
      const after = new Peer(server, 'lin', 'a2');
      after.room.restore(kept);
      after.settle();
      after.settle();
      expect(sameRegisters(after.room.view(), server.state), `seed ${seed}`).toBe(true);
      expect(new Set(server.log.map((e) => e.op_id)).size).toBe(server.log.length);
    }
  });
});
