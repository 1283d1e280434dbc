// Takes the picture of the README: the demo city on the chart, 1366×768. A blank chart fails.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lin, top } from './support/server';
import { chartOf, enter, expect, test } from './support/workbench';

const story = `MATCH (c:Case {category: 'motorcycle theft'})-[:SCENE_CELL]->(:BaseStation)<-[s:SEEN_AT]-(phone:Phone)
WHERE c.occurredFrom <= s.time AND s.time <= c.occurredTo
WITH phone, collect(DISTINCT c) AS scenes
WHERE size(scenes) >= 8
MATCH (person:Person)-[u:USES]->(phone)
MATCH (person)-[l]-(other) WHERE NOT other:BaseStation AND NOT other:Camera AND NOT other:TagStation
RETURN person, u, phone, l, other LIMIT 60`;

test('the demo city on the chart', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await page.keyboard.press('Alt+6');
  await page.getByRole('textbox', { name: 'Query text' }).click();
  await page.keyboard.insertText(story);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: /Add \d+ elements to the chart/ }).click({ timeout: 60_000 });
  await expect.poll(async () => (await chartOf(page)).length).toBeGreaterThan(8);
  await page.locator('#chart-mirror').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('l');
  await page.keyboard.press('Escape');
  await expect(page.locator('.status')).not.toContainText('Arranging');
  await page.waitForTimeout(800);
  await page.locator('#chart-mirror [role=option]').first().waitFor({ state: 'attached' });
  await page.locator('#chart-mirror').press('Home');
  await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible();
  await page.mouse.click(700, 740); // no focus ring in the picture
  const colours = await page.locator('.sigma-nodes').evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(done));
    return document.querySelectorAll('.chart-canvas canvas').length;
  });
  expect(colours).toBeGreaterThan(3);
  mkdirSync(join(top, 'docs/images'), { recursive: true });
  const image = await page.screenshot({ path: join(top, 'docs/images/workbench.png') });
  expect(image.length).toBeGreaterThan(40_000); // a blank chart compresses to far less
});
