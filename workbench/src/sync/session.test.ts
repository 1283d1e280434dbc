// The session while the server goes away and comes back.
import { describe, expect, it } from 'vitest';
import { ApiError, type Api } from '../api/client';
import type { Session } from '../api/types';
import { createSession } from './session';

const person = { name: 'lin', display_name: 'Lin', unit: { key: 'east', name: 'East' }, roles: ['investigator' as const] };
const signedIn: Session = { person, purpose: { case: 'A', basis: 'b', reason: 'r' }, sandbox: false, expires_us: 0 };
const offline = new ApiError(0, { code: 'offline', message: '' });
const over = new ApiError(401, { code: 'unauthenticated', message: '' });

function setup() {
  const answers: (Session | ApiError)[] = [];
  const waits: number[] = [];
  let due: (() => void) | null = null;
  const api = {
    session: async () => {
      const answer = answers.shift() ?? offline;
      if (answer instanceof ApiError) throw answer;
      return answer;
    },
  } as unknown as Api;
  const session = createSession(api, (run, ms) => {
    waits.push(ms);
    due = run;
    return () => undefined;
  });
  const pass = async () => {
    due?.();
    await new Promise((done) => setImmediate(done));
  };
  return { session, answers, waits, pass, state: () => session.store.getState() };
}

describe('session and a lost server', () => {
  it('waits for the server when the page opens, and goes on by itself', async () => {
    const s = setup();
    await s.session.load();
    expect(s.state()).toMatchObject({ gate: 'unreachable', reachable: false });
    s.answers.push(offline, signedIn);
    await s.pass();
    await s.pass();
    expect(s.state()).toMatchObject({ gate: 'ready', reachable: true });
    expect(s.waits).toEqual([1_000, 2_000]);
  });
  it('keeps the workbench open while the server is away', async () => {
    const s = setup();
    s.answers.push(signedIn);
    await s.session.load();
    s.session.noticed(offline);
    expect(s.state()).toMatchObject({ gate: 'ready', reachable: false });
    await s.pass();
    s.answers.push(signedIn);
    await s.pass();
    expect(s.state()).toMatchObject({ gate: 'ready', reachable: true });
  });
  it('asks for a sign-in when the server came back without the session', async () => {
    const s = setup();
    s.answers.push(signedIn);
    await s.session.load();
    s.session.noticed(offline);
    await s.pass();
    s.answers.push(over);
    await s.pass();
    expect(s.state()).toMatchObject({ gate: 'signed_out', expired: true, reachable: true });
  });
  it('does not take a slow answer for a lost server', async () => {
    const s = setup();
    s.answers.push(signedIn);
    await s.session.load();
    s.session.noticed(new ApiError(504, { code: 'deadline_exceeded', message: '' }));
    expect(s.state().reachable).toBe(true);
  });
});
