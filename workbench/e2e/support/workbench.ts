// What a person does at the workbench, for the tests. Every context of these tests also counts what leaves the
// origin and what the content policy refused: one of either fails the test.
import { test as base, expect, type Browser, type BrowserContext, type Cookie, type Locator, type Page } from '@playwright/test';
import { basis, caseNumber, origin, password, type Account } from './server';

export interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly foreign: string[];
  readonly problems: string[];
}

function watch(context: BrowserContext, foreign: string[], problems: string[]): void {
  context.on('request', (request) => {
    const url = new URL(request.url());
    const inside = url.origin === origin || url.protocol === 'blob:' || url.protocol === 'data:';
    if (!inside) foreign.push(request.url());
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) foreign.push(socket.url());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) problems.push(message.text());
    });
  });
}

export const test = base.extend<{ open: (options?: { locale?: string }) => Promise<Watched> }>({
  open: async ({ browser }: { browser: Browser }, use) => {
    const opened: Watched[] = [];
    await use(async (options) => {
      const context = await browser.newContext({
        viewport: { width: 1366, height: 768 },
        reducedMotion: 'reduce',
        locale: options?.locale ?? 'en-US',
        colorScheme: 'light',
        baseURL: origin,
      });
      const watched: Watched = { context, foreign: [], problems: [], page: undefined as unknown as Page };
      watch(context, watched.foreign, watched.problems);
      const page = await context.newPage();
      const whole = { ...watched, page };
      opened.push(whole);
      return whole;
    });
    for (const w of opened) await w.context.close();
    for (const w of opened) {
      expect(w.foreign, 'requests that left the origin').toEqual([]);
      expect(w.problems, 'errors in the page').toEqual([]);
    }
  },
});

export { expect };

export async function signIn(page: Page, who: Account, path = '/'): Promise<void> {
  await page.goto(path, { waitUntil: 'commit' }); // what is waited for is on the page, not its last font
  await passSignIn(page, who);
}

export async function passSignIn(page: Page, who: Account): Promise<void> {
  await page.locator('input[name=name]').fill(who.name);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('select[name=case], .purpose-bar').first().waitFor();
}

export async function choosePurpose(page: Page, number = caseNumber): Promise<void> {
  const reason = 'browser test of the workbench';
  await page.locator('select[name=case]').selectOption(number);
  await page.locator('input[name=basis]').fill(basis);
  await page.locator('textarea[name=reason]').fill(reason);
  await page.locator('button[type=submit]').click();
  await expect(page.locator('.purpose-bar')).toContainText(number);
}

// Signed in with a purpose. The first time by hand; later tests go on with that session, because each sign-in costs
// the server a slow hash on purpose.
const sessions = new Map<string, Cookie[]>();

export async function enter(page: Page, who: Account, path = '/'): Promise<void> {
  const kept = sessions.get(who.name);
  if (kept) {
    await page.context().addCookies(kept);
    await page.goto(path, { waitUntil: 'commit' }); // what is waited for is on the page, not its last font
  } else {
    await signIn(page, who, path);
    await choosePurpose(page);
    sessions.set(who.name, await page.context().cookies());
  }
  await expect(page.locator('.chart[data-renderer]:not([data-renderer=""])')).toBeVisible();
}

// Writes a query into the page's editor and runs it.
export async function runQuery(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Alt+6');
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
  await page.keyboard.press('Control+Enter');
}

export function option(page: Page, name: string | RegExp): Locator {
  return page.locator('#chart-mirror [role=option]').filter({ hasText: name });
}

// Finds an entity by the one box and puts it on the chart. Returns its id.
export async function addBySearch(page: Page, text: string): Promise<string> {
  await page.keyboard.press('Control+k');
  await page.locator('.search-input').fill(text);
  const hit = page.locator('.search-row').filter({ has: page.locator('b') }).first();
  await hit.waitFor();
  await hit.click();
  const chosen = page.locator('#chart-mirror [role=option][aria-selected=true]').first();
  await expect(chosen).toBeAttached();
  return (await chosen.getAttribute('data-id')) ?? '';
}

export async function place(page: Page, id: string): Promise<{ x: number; y: number }> {
  const node = page.locator(`#chart-mirror [data-id="${id}"]`);
  return { x: Number(await node.getAttribute('data-x')), y: Number(await node.getAttribute('data-y')) };
}

// Where an entity is on the screen, from the camera that the renderer states.
export async function screenPoint(page: Page, id: string): Promise<{ x: number; y: number }> {
  const canvas = page.locator('.chart-canvas');
  const box = await canvas.boundingBox();
  const view = (await canvas.locator('[data-view]').first().getAttribute('data-view')) ?? '';
  const [cx, cy, zoom] = view.split(' ').map(Number) as [number, number, number];
  const at = await place(page, id);
  if (!box) throw new Error('no chart on screen');
  return { x: box.x + box.width / 2 + (at.x - cx) * zoom, y: box.y + box.height / 2 + (at.y - cy) * zoom };
}

// Drags an entity, and waits until the chart holds the new place.
export async function drag(page: Page, id: string, by: { x: number; y: number }): Promise<void> {
  const before = await place(page, id);
  const from = await screenPoint(page, id);
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + by.x / 2, from.y + by.y / 2, { steps: 4 });
  await page.mouse.move(from.x + by.x, from.y + by.y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => place(page, id)).not.toEqual(before);
}

// All entities of the chart with their places, for comparing two screens.
export async function chartOf(page: Page): Promise<string[]> {
  const rows = await page.$$eval('#chart-mirror [role=option]', (options) =>
    options.map((o) => `${o.getAttribute('data-id')} ${o.getAttribute('data-x')} ${o.getAttribute('data-y')}`),
  );
  return rows.sort();
}

export async function live(page: Page): Promise<void> {
  await expect(page.getByTestId('live-status')).toHaveAttribute('data-status', 'live');
}
