// Lines that tell what happened, and the list of what is being waited for. Both live in the view store.
import { ApiError } from '../api/client';
import type { Notice, ViewStore } from '../model/stores';

const noticesMax = 4;
let nextId = 1;

export function notify(
  view: ViewStore,
  level: Notice['level'],
  key: string,
  params: Notice['params'] = {},
): void {
  const notice: Notice = { id: nextId, level, key, params };
  nextId += 1;
  view.setState((s) => ({ notices: [...s.notices, notice].slice(-noticesMax) }));
}

export function dismiss(view: ViewStore, id: number): void {
  view.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
}

// Every failure ends here: what happened in the server's words, under a heading in the reader's language.
export function notifyError(view: ViewStore, error: unknown): void {
  if (error instanceof ApiError) {
    if (error.code === 'cancelled') return;
    notify(view, 'error', `error.${error.code}`, { message: error.message });
    return;
  }
  console.error(error);
  notify(view, 'error', 'error.unexpected', { message: error instanceof Error ? error.message : String(error) });
}

// Runs something a person may wait for, shown in the status line and cancellable there.
export async function busy<T>(
  view: ViewStore,
  key: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const controller = new AbortController();
  const id = nextId;
  nextId += 1;
  const entry = { id, key, since: Date.now(), cancel: () => controller.abort() };
  view.setState((s) => ({ busy: [...s.busy, entry] }));
  try {
    return await run(controller.signal);
  } catch (error) {
    notifyError(view, error);
    return undefined;
  } finally {
    view.setState((s) => ({ busy: s.busy.filter((b) => b.id !== id) }));
  }
}
