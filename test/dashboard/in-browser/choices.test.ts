import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type TestBrowser, eventually, openBrowser } from '../../support/browser.ts';
import { MARCH } from '../../support/march-clicks.ts';
import { type TestSpoor, startSpoor } from '../../support/spoor.ts';

let spoor: TestSpoor;
let chrome: TestBrowser;
let key: string;
beforeAll(async () => {
  [spoor, chrome] = await Promise.all([startSpoor(), openBrowser()]);
  key = await spoor.createKey('me');
  // Without any click the page would ask again and again for the first one.
  await spoor.send('POST', '/api/v1/clicks', { key, json: { short_code: 'a', clicked_at: '2025-03-10' } });
});
afterEach(async () => {
  await chrome.clear();
  expect(chrome.complaints()).toEqual([]);
});
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
});

async function openMarch(zone: string, options = {}): Promise<Page> {
  const page = await chrome.open(`${spoor.url}/?${MARCH.replace('UTC', zone)}`, { key, ...options });
  await page.locator('.figures').waitFor();
  return page;
}

const zoneOf = (page: Page) => new URL(page.url()).searchParams.get('timezone');

test('steps through the zones with the keyboard make one question and one entry of the history', async () => {
  const page = await openMarch('Europe/Berlin');
  const select = page.getByLabel('Time zone');
  const asked: (string | null)[] = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === '/api/v1/stats') asked.push(searchParams.get('timezone'));
  });
  const entries = await page.evaluate<number>('history.length');
  // From here on time passes only as the test says.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 3_600_000);
  const step = async (keyName: string, times: number): Promise<string> => {
    const before = await select.inputValue();
    for (let press = 0; press < times; press += 1) await page.keyboard.press(keyName);
    const chosen = await select.inputValue();
    expect(chosen).not.toBe(before);
    return chosen;
  };
  const expectAsked = async (zones: readonly string[]): Promise<void> => {
    await eventually(async () => {
      expect(zoneOf(page)).toBe(zones.at(-1));
      expect(asked).toEqual(zones);
    });
  };

  await select.focus();
  const first = await step('ArrowDown', 20);
  expect(asked).toEqual([]);
  await page.clock.runFor(1_000);
  await expectAsked([first]);
  const second = await step('ArrowDown', 20);
  await page.clock.runFor(1_000);
  await expectAsked([first, second]);
  expect(await page.evaluate('history.length')).toBe(entries + 1);

  const third = await step('ArrowUp', 5);
  await page.keyboard.press('Tab');
  await page.clock.runFor(100);
  await expectAsked([first, second, third]);
  expect(await page.evaluate('history.length')).toBe(entries + 1);
  await page.clock.resume();
  await page.goBack();
  await eventually(async () => expect(await select.inputValue()).toBe('Europe/Berlin'));
});

test('Enter ends the steps, and so does choosing otherwise', async () => {
  const page = await openMarch('UTC');
  await page.getByLabel('Bots').focus();
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(page.url()).not.toContain('bots=');
  await page.keyboard.press('Enter');
  await eventually(async () => expect(page.url()).toContain('bots=only'));
  await page.clock.resume();
  await page.keyboard.press('Escape');
  await page.getByLabel('Interval').selectOption('week');
  await eventually(async () => expect(page.url()).toContain('interval=week'));
  await page.goBack();
  await eventually(async () => expect(page.url()).not.toContain('interval='));
  expect(page.url()).toContain('bots=only');
});

test.each([
  ['wide', 1280],
  ['narrow', 320],
])('a zone stands in full on a %s screen', async (_, width) => {
  const page = await openMarch('Europe/Berlin', { viewport: { width, height: 720 } });
  for (const zone of ['Europe/Berlin', 'America/New_York']) {
    await page.getByLabel('Time zone').selectOption(zone);
    await eventually(async () => expect(zoneOf(page)).toBe(zone));
    const [has, needs] = await page.evaluate<readonly [number, number]>(`(() => {
      const select = [...document.querySelectorAll('select')].find(({ value }) => value === '${zone}');
      const alone = select.cloneNode(false);
      alone.append(select.selectedOptions[0].cloneNode(true));
      alone.style.width = 'max-content';
      alone.style.maxWidth = 'none';
      select.after(alone);
      const widths = [select.offsetWidth, alone.offsetWidth];
      alone.remove();
      return widths;
    })()`);
    expect(needs).toBeGreaterThan(50);
    expect(has).toBeGreaterThanOrEqual(needs);
  }
});
