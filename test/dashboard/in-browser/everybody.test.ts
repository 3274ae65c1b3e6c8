import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type TestBrowser, accessFaults, eventually, openBrowser } from '../../support/browser.ts';
import { expectFigure, timeRowsOf } from '../../support/dashboard.ts';
import { showFigures } from '../../support/figures.ts';
import { MARCH, MARCH_BODY, MARCH_CLICKS, grouped } from '../../support/march-clicks.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../../support/spoor.ts';

let spoor: TestSpoor;
let chrome: TestBrowser;
let key: string;
beforeAll(async () => {
  [spoor, chrome] = await Promise.all([startSpoor(), openBrowser()]);
  key = await spoor.createKey('me');
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: MARCH_BODY });
  await spoor.send('PUT', '/api/v1/segments/all', {
    key,
    json: { filters: { country: { is_not: ['AQ'] } } },
  });
});
afterEach(() => chrome.clear());
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
});

/** Every face of the page: where it is, who is signed in, and what is there when it is done. */
const FACES = [
  ['sign-in', '', 'nobody', 'form'],
  ['numbers', `${MARCH}&browser=Chrome&browser=Firefox&os=Windows&segment=all`, 'me', '.map path.shade-5'],
  ['no clicks', 'start_date=2024-01-01&end_date=2024-01-02&browser=Chrome', 'me', '.nothing'],
  ['a problem', `${MARCH}&timezone=UTC&owner_id=somebody`, 'me', '.failure'],
  ['owners, and no clicks at all', `owner_id=${'long-'.repeat(20)}`, 'admin', '.first-click'],
] as const;

type Face = (typeof FACES)[number];

async function openFace([face, query, who, sign]: Face, options: object): Promise<Page> {
  const keys = { nobody: {}, me: { key }, admin: { key: ADMIN_KEY } };
  const page = await chrome.open(`${spoor.url}/?${query}`, { ...options, ...keys[who] });
  await page.locator(sign).first().waitFor();
  if (who !== 'nobody' && face !== 'a problem')
    await page.locator('summary', { hasText: 'Import a file' }).click();
  if (face === 'numbers') {
    await timeRowsOf(page);
    await page.locator('.chip summary').first().click();
  }
  if (who === 'admin') {
    await page.locator('summary', { hasText: 'Owner' }).click();
    await page.getByRole('button', { name: /^me/ }).waitFor();
  }
  return page;
}

test.each(FACES)(
  'on a narrow screen nothing lies beside it, and nothing keeps anybody out of: %s',
  async (...face) => {
    const page = await openFace(face, { viewport: { width: 320, height: 640 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    await page.setViewportSize({ width: 1_280, height: 720 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await isDark(page)]).toEqual([colorScheme, colorScheme === 'dark']);
      expect([colorScheme, await accessFaults(page)]).toEqual([colorScheme, []]);
    }
  },
);

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  test('the page follows the system, until one chooses', async () => {
    const numbers = await openFace(FACES[1], { colorScheme });
    expect(await isDark(numbers)).toBe(colorScheme === 'dark');
    await numbers.getByRole('button', { name: colorScheme === 'dark' ? 'Light' : 'Dark' }).click();
    expect(await isDark(numbers)).toBe(colorScheme !== 'dark');
    await numbers.reload();
    await numbers.locator('.figures').waitFor();
    expect(await isDark(numbers)).toBe(colorScheme !== 'dark');
  });
});

async function isDark(page: Page): Promise<boolean> {
  const background = await page.evaluate<string>(
    'getComputedStyle(document.documentElement).backgroundColor',
  );
  const [red = 0, green = 0, blue = 0] = (background.match(/[\d.]+/g) ?? []).map(Number);
  return red + green + blue < 3 * 128;
}

test('the keyboard alone is enough', async () => {
  const page = await chrome.open(`${spoor.url}/?${MARCH}`);
  await page.getByLabel('API key').waitFor();
  await page.keyboard.type(key);
  await page.keyboard.press('Enter');
  await expectFigure(page, 'Clicks', grouped(MARCH_CLICKS.length));
  await eventually(async () => expect(await page.locator('h1:focus').textContent()).toBe('All links'));

  await tabTo(page, '.chart');
  const slider = page.getByRole('slider');
  await page.keyboard.press('Home');
  for (let step = 0; step < 9; step += 1) await page.keyboard.press('ArrowRight');
  const tenth = MARCH_CLICKS.filter(({ at }) => new Date(at).getUTCDate() === 10).length;
  await eventually(async () =>
    expect(await slider.getAttribute('aria-valuetext')).toMatch(
      new RegExp(`^Mon, 10 Mar 2025: ${tenth} clicks`),
    ),
  );
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  const days = MARCH_CLICKS.filter(({ at }) => [10, 11, 12, 13].includes(new Date(at).getUTCDate()));
  await expectFigure(page, 'Clicks', grouped(days.length));

  await tabTo(page, 'button[title="Firefox"]');
  await page.keyboard.press('Enter');
  const firefox = days.filter(({ browser }) => browser === 'Firefox');
  await expectFigure(page, 'Clicks', grouped(firefox.length));
  expect(await page.locator('button[title="Firefox"][aria-pressed="true"]').count()).toBe(1);
  await eventually(async () =>
    expect(await page.getByRole('status').first().textContent()).toMatch(`${firefox.length} clicks by`),
  );
  await tabTo(page, '.chip .remove');
  await page.keyboard.press('Space');
  await expectFigure(page, 'Clicks', grouped(days.length));
});

test('a panel closes when the keyboard leaves it, and hides nothing that has the focus', async () => {
  const page = await chrome.open(`${spoor.url}/?${MARCH}&browser=Firefox`, { key });
  await page.locator('.chip').waitFor();
  for (const name of ['Dates', 'Add filter', 'Segments', 'Browser: Firefox']) {
    await page.locator('.popover > summary', { hasText: name }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.popover[open] > .panel').waitFor();
    await tabTo(page, '.popover[open] :is(button, input)');
    await tabTo(page, ':not(.popover[open] *)');
    await eventually(async () =>
      expect([name, await page.locator('.popover[open]').count()]).toEqual([name, 0]),
    );
  }
});

/** Goes on from where the focus is, as far as it takes. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 100; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await page.locator(`${selector}:focus`).count()) > 0) return;
  }
  throw new Error(`The keyboard does not lead to ${selector}.`);
}

test('the page asks nobody but this server, and is small', async () => {
  const page = await chrome.open('about:blank', { key });
  const hosts = new Set<string>();
  const bodies: Promise<number>[] = [];
  page.on('response', (response) => {
    hosts.add(new URL(response.url()).origin);
    if (!response.url().includes('/api/'))
      bodies.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      );
  });
  await page.goto(`${spoor.url}/?${MARCH}`);
  await page.locator('.map path.shade-5').waitFor();
  expect([...hosts]).toEqual([spoor.url]);
  const transferred = (await Promise.all(bodies)).reduce((sum, size) => sum + size, 0);
  const painted = await page.evaluate<number>(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  );
  showFigures({ 'dashboard transferred, bytes': transferred, 'first paint, ms': painted });
  expect(transferred).toBeLessThan(100_000);
});
