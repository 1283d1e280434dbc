// Joint operation: two browsers, people of two units, one chart.
import { gao, he, lin } from './support/server';
import { addBySearch, chartOf, choosePurpose, drag, enter, expect, live, option, place, signIn, test, type Watched } from './support/workbench';
import type { Page } from '@playwright/test';

async function startOperation(page: Page, name: string, unitName: string): Promise<string> {
  await page.keyboard.press('Alt+5');
  await page.getByRole('button', { name: 'New operation' }).click();
  await page.locator('input[name=operation-name]').fill(name);
  await page.getByLabel(unitName).check();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.waitForURL(/#\/op\//);
  await live(page);
  return new URL(page.url()).hash;
}

async function both(open: () => Promise<Watched>, name: string): Promise<{ a: Page; b: Page; hash: string }> {
  const a = (await open()).page;
  const b = (await open()).page;
  await enter(a, lin);
  const hash = await startOperation(a, name, gao.unitName);
  await enter(b, gao, `/${hash}`);
  await live(b);
  return { a, b, hash };
}

test('A adds an entity and moves it, B sees it within a second', async ({ open }) => {
  const { a, b } = await both(open, 'Harbour nights');
  const id = await addBySearch(a, '王');
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toBeAttached({ timeout: 1_000 });
  const before = await place(a, id);
  await drag(a, id, { x: 150, y: 60 });
  const after = await place(a, id);
  expect(Math.hypot(after.x - before.x, after.y - before.y)).toBeGreaterThan(50);
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toHaveAttribute('data-x', String(after.x), { timeout: 1_000 });
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toHaveAttribute('data-y', String(after.y), { timeout: 1_000 });
});

test('presence: each sees the other and what the other holds', async ({ open }) => {
  const { a, b } = await both(open, 'Presence');
  await expect(a.locator('.status')).toContainText(gao.display);
  await expect(b.locator('.status')).toContainText(lin.display);
  const id = await addBySearch(a, '李');
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toContainText(lin.display);
  await b.context().close();
  await expect(a.locator('.status')).not.toContainText(gao.display);
});

test('both edit at once and converge; B reloads and sees the same', async ({ open }) => {
  const { a, b } = await both(open, 'At once');
  const first = await addBySearch(a, '张');
  await expect(b.locator(`#chart-mirror [data-id="${first}"]`)).toBeAttached();
  await Promise.all([drag(a, first, { x: 120, y: -40 }), drag(b, first, { x: -140, y: 50 })]);
  const [one, two] = await Promise.all([addBySearch(a, '刘'), addBySearch(b, '陈')]);
  await Promise.all([
    a.locator('#chart-mirror').press('p'),
    b.locator('#chart-mirror').press('p'),
  ]);
  for (const page of [a, b]) {
    await expect(page.getByTestId('pending')).toHaveText('all saved');
    await expect(page.locator(`#chart-mirror [data-id="${one}"]`)).toBeAttached();
    await expect(page.locator(`#chart-mirror [data-id="${two}"]`)).toBeAttached();
  }
  await expect.poll(async () => JSON.stringify(await chartOf(b))).toBe(JSON.stringify(await chartOf(a)));
  const before = await chartOf(b);
  await b.reload();
  await live(b);
  await expect.poll(() => chartOf(b)).toEqual(before);
});

test('notes and hidden entities arrive, undo touches only what stands as it was left', async ({ open }) => {
  const { a, b } = await both(open, 'Notes');
  const id = await addBySearch(a, '赵');
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toBeAttached();
  await a.locator('.note-new textarea').fill('Ask the garage about the white van.');
  await a.getByRole('button', { name: 'Save note' }).click();
  await b.locator('#chart-mirror').focus();
  await b.keyboard.press('Control+a');
  await expect(b.locator('.note')).toContainText('white van');
  await b.keyboard.press('h');
  await expect(a.getByRole('button', { name: '1 hidden — show' })).toBeVisible();
  await b.locator('#chart-mirror').focus();
  await b.keyboard.press('Control+z');
  await expect(a.locator(`#chart-mirror [data-id="${id}"]`)).toBeAttached();
});

test('edits made without a connection are kept and arrive later', async ({ open }) => {
  const { a, b } = await both(open, 'Cut off');
  const id = await addBySearch(a, '周');
  await expect(b.locator(`#chart-mirror [data-id="${id}"]`)).toBeAttached();
  await b.context().setOffline(true);
  await expect(b.getByTestId('live-status')).toHaveAttribute('data-status', /offline|connecting/);
  await drag(b, id, { x: 90, y: 90 });
  const moved = await place(b, id);
  await b.context().setOffline(false);
  await expect(b.getByTestId('pending')).toHaveText('all saved', { timeout: 40_000 });
  await expect(a.locator(`#chart-mirror [data-id="${id}"]`)).toHaveAttribute('data-x', String(moved.x));
});

test('a person without the operation is refused', async ({ open }) => {
  const { hash } = await both(open, 'Closed circle');
  const c = (await open()).page;
  await signIn(c, he, `/${hash}`);
  await choosePurpose(c, 'E2E-WEST');
  await expect(c.locator('.notices')).toContainText('You cannot enter this operation');
  await expect(c.getByTestId('live-status')).toHaveAttribute('data-status', 'ended');
  await expect(option(c, /./)).toHaveCount(0);
});
