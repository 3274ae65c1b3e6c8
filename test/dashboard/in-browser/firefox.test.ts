import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/browser.ts';
import { Firefox } from '../../support/firefox.ts';
import { MARCH, MARCH_BODY, MARCH_CLICKS, grouped, visitorsOf } from '../../support/march-clicks.ts';
import { type TestSpoor, startSpoor } from '../../support/spoor.ts';

let spoor: TestSpoor;
let firefox: Firefox;
let key: string;
beforeAll(async () => {
  [spoor, firefox] = await Promise.all([startSpoor(), Firefox.start()]);
  key = await spoor.createKey('me');
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: MARCH_BODY });
});
afterAll(async () => {
  await firefox?.close();
  await spoor?.stop();
});

/** Clicks and visitors as the page shows them. */
const figures = () =>
  firefox.evaluate(
    `[...document.querySelectorAll('dl.figures .value')].slice(0, 2).map((shown) => shown.textContent).join(' ')`,
  );

async function expectTotalsOf(clicks: typeof MARCH_CLICKS): Promise<void> {
  const wanted = `${grouped(clicks.length)} ${grouped(visitorsOf(clicks))}`;
  await eventually(async () => expect(await figures()).toBe(wanted));
}

test('Firefox signs in, shows totals, filters and exports', async () => {
  await firefox.open(`${spoor.url}/?${MARCH}`);
  await firefox.click('input');
  await firefox.enter(key);
  await expectTotalsOf(MARCH_CLICKS);

  await firefox.click('.of-country tbody button', 'Germany');
  const german = MARCH_CLICKS.filter(({ country }) => country === 'DE');
  await expectTotalsOf(german);

  await firefox.click('.exports button', 'JSON');
  await eventually(async () => expect(firefox.downloads).toHaveLength(1));
  const [file = ''] = firefox.downloads;
  expect(basename(file)).toBe('spoor_all_2025-03-01_2025-03-31.json');
  expect(JSON.parse(readFileSync(file, 'utf8')).summary.total_clicks).toBe(german.length);
  expect(firefox.complaints).toEqual([]);
});
