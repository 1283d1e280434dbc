// What a person sees when something goes away, and that the page finds back by itself.
import { lin } from './support/server';
import { addBySearch, chartOf, choosePurpose, enter, expect, passSignIn, runQuery, test } from './support/workbench';

test('the server goes away: said in plain words, taken up again by itself', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await addBySearch(page, '王');
  const before = await chartOf(page);
  await page.route('**/api/**', (route) => route.abort());
  await page.keyboard.press('Control+k');
  await page.locator('.search-input').fill('李');
  await expect(page.locator('.search-state')).toContainText('The server does not answer');
  await expect(page.locator('.status')).toContainText('your chart is kept');
  expect(await chartOf(page)).toEqual(before);
  await page.unroute('**/api/**');
  await expect(page.locator('.status')).not.toContainText('does not answer');
  await expect(page.locator('.search-row').filter({ has: page.locator('b') }).first()).toBeVisible();
});

test('the session ends: sign in again, the chart is as it was', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await addBySearch(page, '王');
  const before = await chartOf(page);
  await page.context().clearCookies();
  await page.keyboard.press('Control+k');
  await page.locator('.search-input').fill('李');
  await expect(page.getByText('Your session ended. Sign in again')).toBeVisible();
  await passSignIn(page, lin);
  await choosePurpose(page);
  await expect.poll(() => chartOf(page)).toEqual(before);
});

test('a part of an older workbench is gone: the page loads itself anew', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await addBySearch(page, '王');
  const before = await chartOf(page);
  const gone = '**/assets/ImportsPage-*.js';
  await page.route(gone, (route) => route.fulfill({ status: 404, body: '' }));
  const reloaded = page.waitForEvent('domcontentloaded', { timeout: 120_000 });
  await page.keyboard.press('Alt+7');
  await reloaded;
  await page.unroute(gone);
  await page.getByRole('button', { name: 'Try again' }).or(page.getByRole('grid', { name: 'Imports' })).first().waitFor();
  const again = page.getByRole('button', { name: 'Try again' });
  if (await again.isVisible()) await again.click();
  await expect(page.getByRole('grid', { name: 'Imports' }).getByRole('row').nth(1)).toBeVisible();
  await page.keyboard.press('Alt+1');
  await expect.poll(() => chartOf(page)).toEqual(before);
});

test('what the server refuses is said where it was asked', async ({ open }) => {
  const { page } = await open({ locale: 'zh-CN' });
  await enter(page, lin);
  await runQuery(page, 'CREATE (n:Forged) RETURN n');
  await expect(page.locator('.query-error')).toContainText('您无权这样做');
});
