// A room of docs/protocol/live.md in memory, short enough to check by eye: orders edits, refuses stale texts,
// remembers op ids, answers joins by snapshot or log. Tests put a lossy network between it and the clients.
import type { ClientMessage, LiveEvent, Op, Presence, Refusal, ServerMessage } from '../../src/api/liveTypes';
import { entryOf, isTextProperty, setEntry, type Entry } from '../../src/model/registers';

export class LiveServer {
  readonly log: LiveEvent[] = [];
  readonly state = new Map<string, Readonly<Record<string, Entry>>>();
  readonly refuse = new Set<string>(); // elements that `not_found` answers
  private connections = new Map<string, { person: string; send: (m: ServerMessage) => void; joined: boolean; presence: Presence }>();
  private opIds = new Map<string, number>();
  private next = 1;

  get seq(): number {
    return this.log.length;
  }

  connect(person: string, send: (m: ServerMessage) => void): string {
    const id = `c${this.next}`;
    this.next += 1;
    const presence = { connection: id, person, display_name: person, unit: 'east', cursor: null, selection: [], editing: null };
    this.connections.set(id, { person, send, joined: false, presence });
    return id;
  }

  disconnect(id: string): void {
    if (!this.connections.delete(id)) return;
    this.others(id, { type: 'left', connection: id });
  }

  receive(id: string, message: ClientMessage): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    if (message.type === 'hello') this.join(id, message.since);
    else if (message.type === 'ops') this.ops(connection, message.ops);
    else {
      const { type: _type, ...what } = message;
      connection.presence = { ...connection.presence, ...what };
      this.others(id, { type: 'presence', ...connection.presence });
    }
  }

  private others(id: string, message: ServerMessage): void {
    for (const [other, c] of this.connections) if (other !== id && c.joined) c.send(message);
  }

  private join(id: string, since: number | null): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    const resume = since === null || since > this.seq ? 'snapshot' : 'log';
    connection.joined = true;
    connection.send({
      type: 'welcome',
      operation: 'op-1',
      name: 'test',
      state: 'open',
      seq: this.seq,
      connection: id,
      you: { person: connection.person, display_name: connection.person, unit: 'east' },
      people: [...this.connections].filter(([other, c]) => other !== id && c.joined).map(([, c]) => c.presence),
      resume,
    });
    this.others(id, { type: 'joined', ...connection.presence });
    if (resume === 'log') {
      const events = this.log.slice(since ?? 0);
      if (events.length > 0) connection.send({ type: 'events', events });
      return;
    }
    const entries = [...this.state].flatMap(([element, properties]) =>
      Object.entries(properties).map(([property, entry]) => ({ element, property, ...entry })),
    );
    const half = Math.ceil(entries.length / 2);
    connection.send({ type: 'snapshot', seq: this.seq, part: 1, parts: 2, entries: entries.slice(0, half) });
    connection.send({ type: 'snapshot', seq: this.seq, part: 2, parts: 2, entries: entries.slice(half) });
  }

  private ops(from: { person: string; send: (m: ServerMessage) => void }, ops: readonly Op[]): void {
    const refusals: Refusal[] = [];
    for (const op of ops) {
      const known = this.opIds.get(`${from.person}/${op.op_id}`);
      if (known !== undefined) {
        from.send({ type: 'acks', acks: [{ op_id: op.op_id, seq: known }] });
        continue;
      }
      const refusal = this.judge(op);
      if (refusal) refusals.push(refusal);
      else this.accept(from.person, op);
    }
    if (refusals.length > 0) from.send({ type: 'refused', refusals });
  }

  private judge(op: Op): Refusal | null {
    const current = entryOf(this.state, op.element, op.property) ?? null;
    if (this.refuse.has(op.element)) return { op_id: op.op_id, code: 'not_found', message: 'no such element', current: null };
    const guarded = op.undo === true || isTextProperty(op.property);
    if (guarded && (current?.seq ?? 0) !== op.base) return { op_id: op.op_id, code: 'stale', message: 'changed since', current };
    return null;
  }

  private accept(person: string, op: Op): void {
    const event: LiveEvent = {
      seq: this.seq + 1,
      op_id: op.op_id,
      person,
      unit: 'east',
      time_us: this.seq + 1,
      element: op.element,
      property: op.property,
      value: op.value,
    };
    this.log.push(event);
    this.opIds.set(`${person}/${op.op_id}`, event.seq);
    const { op_id: _id, ...entry } = event;
    setEntry(this.state, entry);
    for (const c of this.connections.values()) if (c.joined) c.send({ type: 'events', events: [event] });
  }
}
