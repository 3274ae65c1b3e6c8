import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type TestBrowser, eventually, openBrowser } from '../../support/browser.ts';
import { expectFigure, figureOf, rowButton, signIn } from '../../support/dashboard.ts';
import { Gate } from '../../support/gate.ts';
import { MARCH, MARCH_BODY, MARCH_CLICKS, grouped } from '../../support/march-clicks.ts';
import { type TestSpoor, startSpoor } from '../../support/spoor.ts';

const ALL = grouped(MARCH_CLICKS.length);
const UNKNOWN_KEY = 'The API key is unknown, expired or revoked.';

let spoor: TestSpoor;
let limited: TestSpoor;
let chrome: TestBrowser;
/** Between Spoor and ClickHouse, and between browser and Spoor. */
let gates: readonly [clickHouse: Gate, spoor: Gate];
let key: string;
beforeAll(async () => {
  const clickHouse = await Gate.open(process.env['TEST_CLICKHOUSE_URL'] ?? '');
  [spoor, limited, chrome] = await Promise.all([
    startSpoor({ CLICKHOUSE_URL: clickHouse.url }),
    startSpoor({ SPOOR_RATE_LIMITS: 'on' }),
    openBrowser(),
  ]);
  gates = [clickHouse, await Gate.open(spoor.url)];
  key = await spoor.createKey('me');
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: MARCH_BODY });
  await limited.send('PUT', '/api/v1/urls/open', { json: { private_stats: false } });
});
afterEach(async () => {
  await chrome.clear();
  // The browser itself tells its console of every answer that is an error.
  expect(chrome.complaints().filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
  await limited?.stop();
  await Promise.all((gates ?? []).map((gate) => gate.shut()));
});

async function expectAlert(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('alert').filter({ hasText: text }).waitFor();
}

describe('keys', () => {
  test.each([
    ['is unknown', `spoo_${'x'.repeat(43)}`],
    ['no header can hold', 'spoo_ключ'],
  ])('one that %s is refused with a sentence, and the next may be right', async (_, wrong) => {
    const page = await chrome.open(`${spoor.url}/?${MARCH}`);
    await signIn(page, wrong);
    await expectAlert(page, UNKNOWN_KEY);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.locator('.figures').count()).toBe(0);
    await signIn(page, wrong);
    await expectAlert(page, UNKNOWN_KEY);
    await signIn(page, key);
    await expectFigure(page, 'Clicks', ALL);
  });

  test('one that is revoked meanwhile is asked for again, and the view stays', async () => {
    const { json: created } = await spoor.send('POST', '/api/v1/keys', {
      json: { owner_id: 'me', name: 'short-lived', scopes: ['stats:read'] },
    });
    const page = await chrome.open(`${spoor.url}/?${MARCH}&browser=Firefox`, { key: created.key });
    await page.locator('.figures').waitFor();
    await spoor.send('DELETE', `/api/v1/keys/${created.id}`);
    await rowButton(page, 'Cities', 'Berlin').click();
    await expectAlert(page, UNKNOWN_KEY);
    expect(await page.locator('.figures').count()).toBe(0);
    await signIn(page, key);
    const expected = MARCH_CLICKS.filter(
      ({ browser, city }) => browser === 'Firefox' && city === 'Berlin',
    ).length;
    await expectFigure(page, 'Clicks', grouped(expected));
  });

  test('one without the scope says which it takes', async () => {
    const writer = await spoor.createKey('me', ['clicks:write']);
    const page = await chrome.open(`${spoor.url}/?${MARCH}`);
    await signIn(page, writer);
    await expectAlert(page, 'The key lacks the scope: it needs stats:read');
    await page.getByRole('button', { name: 'Use another key' }).click();
    await signIn(page, key);
    await expectFigure(page, 'Clicks', ALL);
  });

  test('a private link asks for one, an unknown one does not exist', async () => {
    const page = await chrome.open(`${spoor.url}/?short_code=launch&${MARCH}`);
    await expectAlert(page, 'The statistics of this URL are private');
    await signIn(page, 'spoo_wrong');
    await expectAlert(page, UNKNOWN_KEY);
    await signIn(page, key);
    const launch = MARCH_CLICKS.filter(({ shortCode }) => shortCode === 'launch').length;
    await expectFigure(page, 'Clicks', grouped(launch));
    const other = await chrome.open(`${spoor.url}/?short_code=nothing`);
    await expectAlert(other, 'There is no such URL.');
  });
});

test('a period that there is none of is refused by the name of the page’s own parameter', async () => {
  const page = await chrome.open(`${spoor.url}/?period=2w`, { key });
  await expectAlert(page, /^period cannot be "2w"\. It can be: today, 24h, 7d, .*, all\.$/);
  await page.getByRole('button', { name: 'Remove filter period=2w' }).click();
  await expectFigure(page, 'Clicks', '0');
});

test('in place of a zone that the server does not know UTC is shown, and said; another can be chosen', async () => {
  const page = await chrome.open(`${spoor.url}/?${MARCH.replace('UTC', 'Mars/Base')}`, { key });
  await expectFigure(page, 'Clicks', ALL);
  const note = page.getByText('The server does not know the time zone Mars/Base, so times are in UTC.');
  await note.waitFor();
  expect(new URL(page.url()).searchParams.get('timezone')).toBe('UTC');
  expect(await page.getByLabel('Time zone').inputValue()).toBe('UTC');
  expect(await page.getByRole('alert').count()).toBe(0);
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  await eventually(async () => expect(await note.count()).toBe(0));
});

test('over the limit it says so, and when it tries again', async () => {
  const shown = await chrome.open(`${limited.url}/?short_code=open`);
  await expectFigure(shown, 'Clicks', '0');
  const query = { scope: 'anon', short_code: 'open' };
  let refused = await limited.send('GET', '/api/v1/stats', { key: null, query });
  while (refused.status === 200) refused = await limited.send('GET', '/api/v1/stats', { key: null, query });
  const page = await chrome.open(`${limited.url}/?short_code=open`);
  await expectAlert(page, /^Too many requests in a short time\. The limit of 20 requests is reached/);
  const text = (await page.getByText('retrying in').textContent()) ?? '';
  const seconds = Number(/\d+/.exec(text)?.[0]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(Number(refused.headers.get('retry-after')));
  expect(await page.locator('.figures').count()).toBe(0);

  // What was there before stays, dimmed.
  await shown.getByLabel('Bots').selectOption('exclude');
  await expectAlert(shown, 'Too many requests in a short time.');
  await shown.locator('.numbers.outdated[aria-busy="false"]').waitFor();
  expect(await figureOf(shown, 'Clicks')).toBe('0');
});

test('without ClickHouse it says so and shows no zeros; when that is back, it recovers by itself', async () => {
  const [clickHouse] = gates;
  const page = await chrome.open(`${spoor.url}/?${MARCH}`, { key });
  await expectFigure(page, 'Clicks', ALL);
  await clickHouse.shut();
  try {
    // A view that nobody has asked for yet: others may be kept.
    await rowButton(page, 'Browsers', 'Safari').click();
    await expectAlert(page, 'The statistics are not available right now.');
    expect(await page.locator('.figures').count()).toBe(0);
  } finally {
    await clickHouse.open();
  }
  const safari = MARCH_CLICKS.filter(({ browser }) => browser === 'Safari').length;
  await expectFigure(page, 'Clicks', grouped(safari));
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('without Spoor it says so, keeps what it shows of the same view, and tries again on demand', async () => {
  const [, way] = gates;
  const page = await chrome.open(`${way.url}/?${MARCH}`, { key });
  await expectFigure(page, 'Clicks', ALL);
  await way.shut();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expectAlert(page, 'Cannot reach Spoor.');
  expect(await figureOf(page, 'Clicks')).toBe(ALL);
  await way.open();
  await page.getByRole('button', { name: 'Try again' }).click();
  await eventually(async () => expect(await page.getByRole('alert').count()).toBe(0));
  expect(await figureOf(page, 'Clicks')).toBe(ALL);
});

test('a slow answer leaves the last one dimmed in its place; one that is out of date is called off', async () => {
  const page = await chrome.open(`${spoor.url}/?${MARCH}`, { key });
  await expectFigure(page, 'Clicks', ALL);
  const held: string[] = [];
  const calledOff: string[] = [];
  page.on('requestfailed', (request) => calledOff.push(request.url()));
  await page.route('**/api/v1/stats?*Firefox*', (route) => void held.push(route.request().url()));
  await rowButton(page, 'Browsers', 'Firefox').click();
  await eventually(async () => expect(held).toHaveLength(1));
  await page.locator('.numbers.outdated[aria-busy="true"]').waitFor();
  expect(await figureOf(page, 'Clicks')).toBe(ALL);
  await page.goBack();
  await page.getByLabel('Bots').selectOption('only');
  await expectFigure(page, 'Clicks', grouped(MARCH_CLICKS.filter(({ isBot }) => isBot).length));
  expect(calledOff).toContain(held[0]);
});
