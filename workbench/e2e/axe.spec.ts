// WCAG 2.2 AA on every page, as far as a machine can tell, in both themes.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { lin } from './support/server';
import { addBySearch, choosePurpose, enter, expect, signIn, test } from './support/workbench';

async function check(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  const lines = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary ?? ''}`));
  expect(lines, what).toEqual([]);
}

test('gates', async ({ open }) => {
  const { page } = await open();
  await page.goto('/');
  await page.locator('input[name=name]').waitFor();
  await check(page, 'sign-in');
  await signIn(page, lin);
  await check(page, 'purpose');
  await choosePurpose(page);
});

for (const theme of ['light', 'dark']) {
  test(`pages, ${theme}`, async ({ open }) => {
    const { page } = await open();
    await enter(page, lin);
    if (theme === 'dark') await page.getByRole('button', { name: 'Light or dark' }).click();
    await check(page, 'empty chart');
    await addBySearch(page, '王');
    await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible();
    for (const [key, name, ready] of [
      ['Alt+1', 'chart', '.chart[data-renderer=webgl]'],
      ['Alt+3', 'table', '.grid-row'],
      ['Alt+5', 'operations', 'h1'],
      ['Alt+6', 'query', '.query-schema'],
      ['Alt+7', 'imports', '.grid-row'],
      ['Alt+4', 'split', '.map-canvas[data-ready=true]'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(ready).first().waitFor();
      await check(page, name);
    }
    await page.keyboard.press('Alt+1');
    await page.locator('#chart-mirror').focus();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await check(page, 'shortcuts');
    // Axe cannot tell a dialog without a ground from one over a picture.
    const ground = (n: Element) => getComputedStyle(n).backgroundColor;
    expect(await dialog.evaluate(ground)).toBe(await page.locator('.purpose-bar').evaluate(ground));
  });
}
