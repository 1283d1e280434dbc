// Who is signed in and for what purpose. Nothing is readable before a purpose is chosen, except in a sandbox.
import { createStore } from 'zustand/vanilla';
import { ApiError, type Api } from '../api/client';
import type { Purpose, Session } from '../api/types';

export type Gate = 'loading' | 'unreachable' | 'signed_out' | 'purpose' | 'ready';

export interface SessionState {
  readonly gate: Gate;
  readonly session: Session | null;
  readonly expired: boolean; // signed out by the server, not by the person
}

function gateOf(session: Session): Gate {
  return session.purpose || session.sandbox ? 'ready' : 'purpose';
}

export function createSession(api: Api) {
  const store = createStore<SessionState>(() => ({ gate: 'loading', session: null, expired: false }));
  const accept = (session: Session) => store.setState({ gate: gateOf(session), session, expired: false });
  return {
    store,
    async load(): Promise<void> {
      try {
        accept(await api.session());
      } catch (error) {
        const signedOut = error instanceof ApiError && error.status === 401;
        store.setState({ gate: signedOut ? 'signed_out' : 'unreachable', session: null });
      }
    },
    async signIn(name: string, password: string): Promise<void> {
      accept(await api.signIn(name, password));
    },
    async signOut(): Promise<void> {
      try {
        await api.signOut();
      } finally {
        store.setState({ gate: 'signed_out', session: null, expired: false });
      }
    },
    async setPurpose(purpose: Purpose): Promise<void> {
      accept(await api.setPurpose(purpose));
    },
    // Any call may learn that the session is over or its purpose gone.
    noticed(error: unknown): void {
      if (!(error instanceof ApiError)) return;
      if (error.code === 'unauthenticated') store.setState({ gate: 'signed_out', session: null, expired: true });
      else if (error.code === 'purpose_required') store.setState({ gate: 'purpose' });
    },
  };
}

export type SessionService = ReturnType<typeof createSession>;
