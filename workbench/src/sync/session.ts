// Who is signed in and for what purpose, and whether the server answers at all. Nothing is readable before a purpose is
// chosen, except in a sandbox. A server that went away is asked again until it answers; nobody has to press anything.
import { createStore } from 'zustand/vanilla';
import { ApiError, type Api } from '../api/client';
import type { Purpose, Session } from '../api/types';

export type Gate = 'loading' | 'unreachable' | 'signed_out' | 'purpose' | 'ready';

export interface SessionState {
  readonly gate: Gate;
  readonly session: Session | null;
  readonly expired: boolean; // signed out by the server, not by the person
  readonly reachable: boolean;
}

export type Schedule = (run: () => void, ms: number) => () => void;

const waitsMs = [1_000, 2_000, 4_000, 8_000];

function gateOf(session: Session): Gate {
  return session.purpose || session.sandbox ? 'ready' : 'purpose';
}

function lost(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'offline';
}

export function createSession(api: Api, schedule: Schedule) {
  const store = createStore<SessionState>(() => ({ gate: 'loading', session: null, expired: false, reachable: true }));
  const accept = (session: Session) => store.setState({ gate: gateOf(session), session, expired: false, reachable: true });
  const signedOut = (expired: boolean) => store.setState({ gate: 'signed_out', session: null, expired, reachable: true });
  let stopWaiting: (() => void) | null = null;

  const ask = async (attempt: number): Promise<void> => {
    stopWaiting?.();
    stopWaiting = null;
    try {
      accept(await api.session());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        signedOut(store.getState().session !== null);
        return;
      }
      const { gate } = store.getState();
      store.setState({ gate: gate === 'loading' ? 'unreachable' : gate, reachable: false });
      stopWaiting = schedule(() => void ask(attempt + 1), waitsMs[Math.min(attempt, waitsMs.length - 1)] ?? 1_000);
    }
  };
  return {
    store,
    load: (): Promise<void> => ask(0),
    async signIn(name: string, password: string): Promise<void> {
      accept(await api.signIn(name, password));
    },
    async signOut(): Promise<void> {
      try {
        await api.signOut();
      } finally {
        signedOut(false);
      }
    },
    async setPurpose(purpose: Purpose): Promise<void> {
      accept(await api.setPurpose(purpose));
    },
    // Any call may learn that the session is over, its purpose gone, or the server away.
    noticed(error: unknown): void {
      if (!(error instanceof ApiError)) return;
      if (error.code === 'unauthenticated') signedOut(true);
      else if (error.code === 'purpose_required') store.setState({ gate: 'purpose' });
      else if (lost(error) && store.getState().reachable) {
        store.setState({ reachable: false });
        void ask(0);
      }
    },
  };
}

export type SessionService = ReturnType<typeof createSession>;
