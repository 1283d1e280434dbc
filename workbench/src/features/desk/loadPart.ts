// Parts of the page load when first needed. One that does not arrive is asked for again; one that is gone because the
// server has a newer workbench by now makes the page load itself anew, which loses nothing.
// Errors   an ApiError when the server does not answer; else what the browser said.
import { createApi } from '../../api/client';

const waitsMs = [300, 1_500];
const reloadedKey = 'skein.reloaded';
const reloadAgainMs = 60_000;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  for (const ms of waitsMs) {
    try {
      return await load();
    } catch {
      await pause(ms);
    }
  }
  try {
    return await load();
  } catch (error) {
    const last = Number(sessionStorage.getItem(reloadedKey) ?? 0);
    if (Date.now() - last < reloadAgainMs) throw error;
    await createApi().health(); // only a server that answers can give the page again
    sessionStorage.setItem(reloadedKey, String(Date.now()));
    window.location.reload();
    return new Promise<T>(() => undefined);
  }
}
