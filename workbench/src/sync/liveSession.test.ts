// Timers and reconnects around the room, with a clock that the test turns.
import { describe, expect, it } from 'vitest';
import type { LiveSocket, SocketHandlers } from '../api/liveSocket';
import type { ClientMessage } from '../api/liveTypes';
import { LiveSession, silenceMs, type LiveStatus } from './liveSession';
import { Room, type PendingOp } from './room';

class Clock {
  now = 0;
  private jobs: { at: number; run: () => void }[] = [];

  schedule = (run: () => void, ms: number): (() => void) => {
    const job = { at: this.now + ms, run };
    this.jobs.push(job);
    return () => {
      this.jobs = this.jobs.filter((j) => j !== job);
    };
  };

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.jobs.filter((j) => j.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = next.at;
      this.jobs = this.jobs.filter((j) => j !== next);
      next.run();
    }
    this.now = end;
  }
}

const welcome = (seq: number) =>
  ({
    type: 'welcome',
    operation: 'op-1',
    name: 'x',
    state: 'open',
    seq,
    connection: 'c1',
    you: { person: 'lin', display_name: 'Lin', unit: 'east' },
    people: [],
    resume: 'log',
  }) as const;

function setup(ticket: () => Promise<unknown> = async () => ({ ticket: 't', url: '/x', expires_us: 0 })) {
  const clock = new Clock();
  const sockets: { handlers: SocketHandlers; sent: ClientMessage[]; closed: boolean }[] = [];
  const statuses: LiveStatus[] = [];
  let kept: readonly PendingOp[] = [];
  const open = (_url: string, handlers: SocketHandlers): LiveSocket => {
    const socket = { handlers, sent: [] as ClientMessage[], closed: false };
    sockets.push(socket);
    return {
      send: (m) => socket.sent.push(m),
      close: () => {
        socket.closed = true;
        handlers.closed(1000);
      },
    };
  };
  let n = 0;
  const room = new Room('tab', () => `lin-${String((n += 1)).padStart(8, '0')}`);
  const session = new LiveSession(
    room,
    {
      ticket: ticket as never,
      open,
      schedule: clock.schedule,
      random: () => 0.5,
      loadPending: () => kept,
      savePending: (ops) => {
        kept = JSON.parse(JSON.stringify(ops)) as PendingOp[];
      },
    },
    { changed: () => undefined, people: () => undefined, refused: () => undefined, status: (s) => statuses.push(s) },
  );
  const settle = async () => {
    for (let i = 0; i < 5; i += 1) await Promise.resolve();
  };
  const join = async () => {
    await settle();
    const socket = sockets.at(-1)!;
    socket.handlers.open();
    socket.handlers.message(welcome(room.seq ?? 0));
    return socket;
  };
  return { clock, sockets, statuses, room, session, settle, join, kept: () => kept };
}

describe('LiveSession', () => {
  it('R3 says hello first and is live after the welcome', async () => {
    const s = setup();
    s.session.start();
    const socket = await s.join();
    expect(socket.sent[0]).toMatchObject({ type: 'hello', protocol: 1, since: null });
    expect(s.statuses.at(-1)).toEqual({ kind: 'live' });
  });

  it('R31 reconnects after silence, later each time', async () => {
    const s = setup();
    s.session.start();
    await s.join();
    s.clock.advance(silenceMs + 1);
    expect(s.statuses.at(-1)).toEqual({ kind: 'offline', retryMs: 500 });
    s.clock.advance(501);
    await s.settle();
    s.sockets.at(-1)!.handlers.closed(1006);
    expect(s.statuses.at(-1)).toEqual({ kind: 'offline', retryMs: 1000 });
  });

  it('R31 reconnects when a beat is ahead and no event follows', async () => {
    const s = setup();
    s.session.start();
    const socket = await s.join();
    socket.handlers.message({ type: 'beat', seq: 3 });
    s.clock.advance(4_999);
    expect(socket.closed).toBe(false);
    s.clock.advance(2);
    expect(socket.closed).toBe(true);
  });

  it('R22 ignores messages of an old socket', async () => {
    const s = setup();
    s.session.start();
    const old = await s.join();
    old.handlers.closed(1006);
    s.clock.advance(600);
    await s.join();
    old.handlers.message({ type: 'events', events: [{ seq: 1, redacted: true }] });
    expect(s.room.seq ?? 0).toBe(0);
  });

  it('R20 keeps pending ops for a reload and sends them after it', async () => {
    const s = setup();
    s.session.edit([{ element: 'n1', property: 'pinned', value: true }], { undo: false });
    expect(s.kept().length).toBe(1);
    s.session.start();
    const socket = await s.join();
    expect(socket.sent.filter((m) => m.type === 'ops').length).toBe(1);
  });

  it('R34 paces what it sends', async () => {
    const s = setup();
    s.session.start();
    const socket = await s.join();
    const edits = Array.from({ length: 4000 }, (_, i) => ({ element: `n${i}`, property: 'pinned', value: true }));
    s.session.edit(edits, { undo: false });
    const sent = () => socket.sent.reduce((n, m) => n + (m.type === 'ops' ? m.ops.length : 0), 0);
    expect(sent()).toBeLessThan(2000);
    for (let i = 0; i < 3; i += 1) {
      socket.handlers.message({ type: 'beat', seq: 0 });
      s.clock.advance(10_001);
    }
    expect(sent()).toBe(4000);
  });

  it.each([
    [404, 'not_member'],
    [401, 'signed_out'],
  ])('R2 R32 ends when the ticket answers %i', async (status, reason) => {
    const s = setup(() => Promise.reject(Object.assign(new Error('no'), { status })));
    s.session.start();
    await s.settle();
    expect(s.statuses.at(-1)).toEqual({ kind: 'ended', reason });
    s.clock.advance(60_000);
    expect(s.sockets.length).toBe(0);
  });

  it.each([
    [4401, 'signed_out'],
    [4403, 'not_member'],
    [4429, 'too_many'],
  ])('R27 ends on close code %i', async (code, reason) => {
    const s = setup();
    s.session.start();
    (await s.join()).handlers.closed(code);
    expect(s.statuses.at(-1)).toEqual({ kind: 'ended', reason });
  });
});
