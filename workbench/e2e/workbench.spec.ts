// One person's way through the workbench, on the demo city.
import { basis, caseNumber, lin } from './support/server';
import { addBySearch, chartOf, choosePurpose, drag, enter, expect, option, place, runQuery, screenPoint, signIn, test } from './support/workbench';

test('nothing is readable before a purpose; it stays on top afterwards', async ({ open }) => {
  const { page } = await open();
  await signIn(page, lin);
  await expect(page.locator('.search')).toHaveCount(0);
  const refused = await page.request.get('/api/v1/search?q=a');
  expect(refused.status()).toBe(403);
  expect((await refused.json()).error.code).toBe('purpose_required');
  await choosePurpose(page);
  for (const key of ['Alt+2', 'Alt+3', 'Alt+5', 'Alt+6', 'Alt+7', 'Alt+1']) {
    await page.keyboard.press(key);
    await expect(page.locator('.purpose-bar')).toContainText(basis);
    await expect(page.locator('.purpose-bar')).toBeInViewport();
  }
  await page.reload();
  await expect(page.locator('.purpose-bar')).toContainText(caseNumber);
});

test('search, expand with counts first, collapse, hide, pin, undo and redo', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  const id = await addBySearch(page, '王');
  await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible();
  await drag(page, id, { x: -120, y: 40 });
  const at = await place(page, id);
  await page.locator('#chart-mirror').focus();
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog');
  await expect(async () => {
    if (await dialog.isVisible()) {
      await dialog.getByRole('button', { name: 'All' }).click();
      await dialog.getByRole('button', { name: /^Load/ }).click();
    }
    expect((await chartOf(page)).length).toBeGreaterThan(1);
  }).toPass({ timeout: 20_000 });
  expect(await place(page, id)).toEqual(at);
  const expanded = await chartOf(page);
  await page.locator('#chart-mirror').focus();
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await chartOf(page)).length).toBeLessThan(expanded.length);
  await page.locator('#chart-mirror').focus();
  await page.keyboard.press('Control+Shift+Z');
  await expect.poll(() => chartOf(page)).toEqual(expanded);
  await page.reload();
  await expect.poll(() => chartOf(page)).toEqual(expanded);
});

test('double click expands and does not zoom; right click offers every command', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await addBySearch(page, '李');
  await page.locator('#chart-mirror').press('Control+a');
  const id = (await option(page, /./).last().getAttribute('data-id')) ?? '';
  const view = () => page.locator('.chart-canvas [data-view]').first().getAttribute('data-view');
  const before = (await view())?.split(' ')[2];
  const at = await screenPoint(page, id);
  await page.mouse.dblclick(at.x, at.y);
  await expect(page.getByRole('dialog').or(page.locator('#chart-mirror [role=option]').nth(1))).toBeAttached();
  await page.keyboard.press('Escape');
  expect((await view())?.split(' ')[2]).toBe(before);
  await page.mouse.click(at.x, at.y, { button: 'right' });
  const menu = page.getByRole('menu');
  await expect(menu.getByRole('menuitem', { name: /Expand/ })).toBeVisible();
  await expect(menu).toContainText('Shift+E');
  await page.keyboard.press('Escape');
  await expect(menu).toHaveCount(0);
});

test('query page: exact integers, errors at their place, elements to the chart', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  const run = (text: string) => runQuery(page, text);
  await run('RETURN 4613937818241074769 AS id, -9223372036854775807 AS low');
  await expect(page.getByRole('gridcell', { name: '4613937818241074769' })).toBeVisible();
  await expect(page.getByRole('gridcell', { name: '-9223372036854775807' })).toBeVisible();
  await run('MATCH (n RETURN n');
  await expect(page.locator('.query-error')).toBeVisible();
  await expect(page.locator('.cm-lintRange-error')).toHaveCount(1);
  await run('MATCH (p:Person)-[r]->(o) RETURN p, r, o LIMIT 5');
  await page.getByRole('button', { name: /Add \d+ elements to the chart/ }).click();
  await expect.poll(async () => (await chartOf(page)).length).toBeGreaterThan(1);
});

test('an answer as rows, drawn, and its plan as a tree', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await runQuery(page, 'MATCH (v:Vehicle) RETURN v.make AS make, count(v) AS n ORDER BY n DESC');
  await expect(page.getByRole('gridcell').first()).toBeVisible();
  await page.getByRole('button', { name: 'Drawn' }).click();
  await expect(page.getByRole('img', { name: 'n by make' }).locator('canvas')).toBeVisible();
  await page.getByRole('button', { name: 'Profile' }).click();
  const plan = page.getByRole('tree', { name: 'Plan' });
  await expect(plan.getByRole('treeitem').first()).toContainText(/Project|Sort|Top/);
  await expect(plan).toContainText('Aggregate');
  await expect(plan).toContainText(/\d ms/);
  await page.getByRole('button', { name: 'Explain' }).click();
  await expect(plan).not.toContainText(/\d ms/);
  await page.keyboard.press('Alt+1');
  await page.keyboard.press('Alt+6');
  await expect(plan).toContainText('Aggregate'); // still there after a look at the chart
});

test('trajectory on the offline map, timeline and table share selection and window', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await runQuery(page, 'MATCH (v:Vehicle)-[s:SEEN_AT]->(c) WITH v, count(s) AS n ORDER BY n DESC LIMIT 1 RETURN v');
  await page.getByRole('button', { name: /Add \d+ elements to the chart/ }).click();
  await expect.poll(async () => (await chartOf(page)).length).toBe(1);
  await page.keyboard.press('Alt+4');
  await expect(page.locator('.map-canvas')).toHaveAttribute('data-ready', 'true', { timeout: 60_000 });
  await expect(page.locator('.sightings')).toContainText(/sightings of/);
  await page.keyboard.press('Alt+3');
  await expect(page.getByRole('grid', { name: 'Entities' }).getByRole('row', { selected: true })).toHaveCount(1);
});

test('Chinese and English, light and dark, all of it', async ({ open }) => {
  const { page } = await open({ locale: 'zh-CN' });
  await page.goto('/');
  await expect(page.getByRole('button', { name: '登录' })).toBeVisible();
  await enter(page, lin);
  await expect(page.getByRole('heading', { name: '时间轴' })).toBeVisible();
  await page.getByRole('button', { name: '浅色或深色' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.getByRole('button', { name: '中文 / English' }).click();
  await expect(page.getByRole('heading', { name: 'Timeline' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('without WebGL the plain canvas does the same', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin, '/?renderer=canvas');
  await expect(page.locator('.chart')).toHaveAttribute('data-renderer', 'canvas');
  const id = await addBySearch(page, '王');
  await expect(page.locator(`#chart-mirror [data-id="${id}"]`)).toBeAttached();
});
