// Messages of skein.live.1 (docs/protocol/live.md).
import type { Entry, EntryAt, RegisterValue } from '../model/registers';

export interface Op {
  readonly op_id: string;
  readonly element: string;
  readonly property: string;
  readonly value: RegisterValue;
  readonly base: number;
  readonly undo?: true;
}

export interface Presence {
  readonly connection: string;
  readonly person: string;
  readonly display_name: string;
  readonly unit: string;
  readonly cursor: { readonly x: number; readonly y: number } | null;
  readonly selection: readonly string[];
  readonly editing: string | null;
}

export interface LiveEvent extends EntryAt {
  readonly op_id: string;
  readonly redacted?: undefined;
}

export interface RedactedEvent {
  readonly seq: number;
  readonly redacted: true;
}

export interface Refusal {
  readonly op_id: string;
  readonly code: string;
  readonly message: string;
  readonly current: Entry | null;
}

export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly operation: string;
      readonly name: string;
      readonly state: 'open' | 'closed';
      readonly seq: number;
      readonly connection: string;
      readonly you: { readonly person: string; readonly display_name: string; readonly unit: string };
      readonly people: readonly Presence[];
      readonly resume: 'snapshot' | 'log';
    }
  | { readonly type: 'snapshot'; readonly seq: number; readonly part: number; readonly parts: number; readonly entries: readonly EntryAt[] }
  | { readonly type: 'events'; readonly events: readonly (LiveEvent | RedactedEvent)[] }
  | { readonly type: 'acks'; readonly acks: readonly { readonly op_id: string; readonly seq: number }[] }
  | { readonly type: 'refused'; readonly refusals: readonly Refusal[] }
  | ({ readonly type: 'presence' } & Presence)
  | ({ readonly type: 'joined' } & Presence)
  | { readonly type: 'left'; readonly connection: string }
  | { readonly type: 'beat'; readonly seq: number };

export type ClientMessage =
  | { readonly type: 'hello'; readonly protocol: 1; readonly client: string; readonly since: number | null }
  | { readonly type: 'ops'; readonly ops: readonly Op[] }
  | { readonly type: 'presence'; readonly cursor: { x: number; y: number } | null; readonly selection: readonly string[]; readonly editing: string | null };
