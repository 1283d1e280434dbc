// The picture of the README: the demo city on the chart, 1366×768. A blank chart fails. Kept with the other results;
// SKEIN_PICTURE=1 writes docs/images/workbench.png.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lin, top, work } from './support/server';
import { chartOf, enter, expect, runQuery, screenPoint, test } from './support/workbench';

const story = `MATCH (c:Case {category: 'motorcycle theft'})-[:SCENE_CELL]->(:BaseStation)<-[s:SEEN_AT]-(phone:Phone)
WHERE c.occurredFrom <= s.time AND s.time <= c.occurredTo
WITH phone, collect(DISTINCT c) AS scenes
WHERE size(scenes) >= 8
MATCH (person:Person)-[u:USES]->(phone)
MATCH (person)-[l]-(other) WHERE NOT other:BaseStation AND NOT other:Camera AND NOT other:TagStation AND NOT other:Document
RETURN person, u, phone, l, other LIMIT 45`;

test('the demo city on the chart', async ({ open }) => {
  const { page } = await open();
  await enter(page, lin);
  await runQuery(page, story);
  await page.getByRole('button', { name: /Add \d+ elements to the chart/ }).click();
  await expect.poll(async () => (await chartOf(page)).length).toBeGreaterThan(8);
  await page.locator('#chart-mirror').press('Control+a');
  const before = await chartOf(page);
  await page.locator('#chart-mirror').press('l');
  await expect.poll(() => chartOf(page)).not.toEqual(before);
  await page.locator('#chart-mirror').press('f');
  for (const dismiss of await page.locator('.notices button').all()) await dismiss.click();
  const people = await page.locator('#chart-mirror [role=option]').filter({ hasText: /^Person/ }).evaluateAll((options) =>
    options.map((o) => ({ id: o.getAttribute('data-id') ?? '', near: Number(/(\d+) neighbours/.exec(o.textContent ?? '')?.[1]) })),
  );
  const busiest = people.reduce((a, b) => (b.near > a.near ? b : a));
  const at = await screenPoint(page, busiest.id);
  await page.mouse.click(at.x, at.y); // by mouse: no focus ring in the picture
  await expect(page.getByRole('heading', { name: 'Neighbours' })).toBeVisible();
  await expect(page.locator('.notices')).toBeEmpty();
  const canvases = await page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return document.querySelectorAll('.chart-canvas canvas').length;
  });
  expect(canvases).toBeGreaterThan(3);
  const folder = process.env['SKEIN_PICTURE'] ? join(top, 'docs/images') : join(work, 'results');
  mkdirSync(folder, { recursive: true });
  const image = await page.screenshot({ path: join(folder, 'workbench.png') });
  expect(image.length).toBeGreaterThan(40_000); // a blank chart compresses to far less
});
