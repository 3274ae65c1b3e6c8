import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { changeOf } from '../../../src/dashboard/format.ts';
import { type TestBrowser, eventually, openBrowser } from '../../support/browser.ts';
import {
  expectFigure,
  figureOf,
  rowButton,
  rowsOf,
  signIn,
  slotsOf,
  timeRowsOf,
} from '../../support/dashboard.ts';
import {
  MARCH,
  MARCH_BODY,
  MARCH_CLICKS,
  type MarchClick,
  expectedDays,
  expectedRows,
  grouped,
  visitorsOf,
} from '../../support/march-clicks.ts';
import { type TestSpoor, startSpoor } from '../../support/spoor.ts';

const FRESH = 1_234;
const LONG_AGO = '2025-03-09T07:00:00.000Z';

let spoor: TestSpoor;
let chrome: TestBrowser;
let key: string;
beforeAll(async () => {
  [spoor, chrome] = await Promise.all([startSpoor(), openBrowser()]);
  key = await spoor.createKey('me');
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: MARCH_BODY });
  const fresh = Array.from({ length: FRESH }, (_, index) => ({
    short_code: 'fresh',
    ip: `192.0.2.${index % 250}`,
  }));
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: fresh });
  await spoor.send('PUT', '/api/v1/urls/launch', { key, json: { private_stats: false } });
});
afterEach(async () => {
  await chrome.clear();
  expect(chrome.complaints()).toEqual([]);
});
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
});

/** The tab of a signed-in user, which loads the page anew for each test. */
let tab: Page | undefined;

/** The page of a signed-in user, at a view. */
async function openSignedIn(query = MARCH): Promise<Page> {
  const url = `${spoor.url}/?${query}`;
  if (tab === undefined) tab = await chrome.open(url, { key, isKept: true });
  else await tab.goto(url);
  await tab.locator('.figures').waitFor();
  return tab;
}

async function expectClicks(page: Page, clicks: readonly MarchClick[]): Promise<void> {
  await expectFigure(page, 'Clicks', grouped(clicks.length));
  await expectFigure(page, 'Unique visitors', grouped(visitorsOf(clicks)));
}

const compareNames = (one: string, other: string): number => one.localeCompare(other, 'en');

const parametersOf = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

describe('signing in', () => {
  test('takes a key in the first field and Enter; totals are shown in full', async () => {
    const page = await chrome.open(spoor.url);
    await page.locator('input').first().waitFor();
    expect(await page.evaluate('document.activeElement === document.querySelector("input")')).toBe(true);
    await page.keyboard.type(key);
    await page.keyboard.press('Enter');
    await expectFigure(page, 'Clicks', '1,234');
    await expectFigure(page, 'Unique visitors', '250');
  });

  test('keeps the key in the tab, through a reload, until signing out', async () => {
    const page = await chrome.open(`${spoor.url}/?${MARCH}`);
    await signIn(page, key);
    await expectClicks(page, MARCH_CLICKS);
    const kept = await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])');
    expect(kept).toBe(JSON.stringify([{ 'spoor-key': key }, {}]));
    expect(page.url()).not.toContain('spoo_');
    expect(await page.context().cookies()).toEqual([]);
    await page.reload();
    await expectClicks(page, MARCH_CLICKS);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.getByLabel('API key').inputValue()).toBe('');
    await page.reload();
    await page.getByLabel('API key').waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByLabel('API key').waitFor();
  });
});

describe('the numbers', () => {
  test('are those of the API', async () => {
    const page = await openSignedIn();
    const query = Object.fromEntries(new URLSearchParams(MARCH));
    const { summary, computed_metrics: computed } = (await spoor.send('GET', '/api/v1/stats', { key, query }))
      .json;
    await expectFigure(page, 'Clicks', grouped(summary.total_clicks));
    expect(await page.locator('dl.figures dt').allTextContents()).toEqual([
      'Clicks',
      'Unique visitors',
      'Bot clicks',
      'Average redirect time',
      'Repeat clicks',
      'Clicks per visitor',
    ]);
    expect(await figureOf(page, 'Average redirect time')).toBe('0 ms');
    expect(await figureOf(page, 'Unique visitors')).toBe(grouped(summary.unique_clicks));
    expect(await figureOf(page, 'Clicks per visitor')).toBe(String(computed.average_clicks_per_visitor));
    expect(await figureOf(page, 'Repeat clicks')).toBe(`${computed.repeat_click_rate.toFixed(1)}%`);
    expect(await figureOf(page, 'Bot clicks')).toBe(
      grouped(MARCH_CLICKS.filter(({ isBot }) => isBot).length),
    );
  });

  test('of every list are right', async () => {
    const page = await openSignedIn();
    const names: Readonly<Record<string, string>> = {
      DE: 'Germany',
      US: 'United States',
      TR: 'Türkiye',
      SG: 'Singapore',
      XX: 'Unknown',
    };
    const shortened = (value: string): string => value.replace('https://', '');
    expect(await rowsOf(page, 'Browsers')).toEqual(expectedRows(MARCH_CLICKS, ({ browser }) => browser));
    expect(await rowsOf(page, 'Systems')).toEqual(expectedRows(MARCH_CLICKS, ({ os }) => os));
    expect(await rowsOf(page, 'Cities')).toEqual(expectedRows(MARCH_CLICKS, ({ city }) => city));
    expect(await rowsOf(page, 'Links')).toEqual(expectedRows(MARCH_CLICKS, ({ shortCode }) => shortCode));
    expect(await rowsOf(page, 'Countries')).toEqual(
      expectedRows(
        MARCH_CLICKS,
        ({ country }) => country,
        (code) => names[code] ?? code,
      ),
    );
    expect(await rowsOf(page, 'Referrers')).toEqual(
      expectedRows(MARCH_CLICKS, ({ referrer }) => referrer, shortened),
    );
  });

  test('of any dimension can be had in the place of another list', async () => {
    const page = await openSignedIn();
    const asked: (string | null)[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/api/v1/stats') asked.push(searchParams.get('group_by'));
    });
    await page.getByLabel('Instead of Systems').selectOption('weekday');
    const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    const expected = expectedRows(
      MARCH_CLICKS,
      ({ at }) => String(new Date(at).getUTCDay() || 7),
      (day) => days[Number(day) % 7] ?? '',
    );
    await eventually(async () => expect(await rowsOf(page, 'Weekdays')).toEqual(expected));
    expect(asked).toEqual(['time,browser,country,city,referrer,weekday,short_code']);
    await page.getByLabel('Instead of Weekdays').selectOption('Property …');
    await page.getByLabel('Key of the property').fill('plan');
    await page.keyboard.press('Enter');
    await eventually(async () =>
      expect((await rowsOf(page, 'Property plan')).map(([value]) => value)).toEqual(['(none)']),
    );
    await page.goBack();
    await eventually(async () => expect(await rowsOf(page, 'Weekdays')).toEqual(expected));
  });

  test('what strangers wrote is text, cut to its place and whole in its title', async () => {
    const page = await openSignedIn();
    const long = MARCH_CLICKS.find(({ referrer }) => referrer.length > 100)?.referrer ?? '';
    const button = page.getByTitle(long);
    const wide: boolean = await button.evaluate((element) => element.scrollWidth > element.clientWidth);
    expect(wide).toBe(true);
    expect(await page.locator('main b').count()).toBe(0);
    await rowButton(page, 'Links', '<b onclick="x()">bold</b>').click();
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ shortCode }) => shortCode.startsWith('<')),
    );
  });
});

describe('filters', () => {
  test('a click on a row filters everything, a chip takes it back, and so does the back button', async () => {
    const page = await openSignedIn();
    const firefox = MARCH_CLICKS.filter(({ browser }) => browser === 'Firefox');
    const inGermany = firefox.filter(({ country }) => country === 'DE');
    await rowButton(page, 'Browsers', 'Firefox').click();
    await expectClicks(page, firefox);
    expect(parametersOf(page).getAll('browser')).toEqual(['Firefox']);
    await page.locator('.map path.shade-5').click();
    await expectClicks(page, inGermany);
    await eventually(async () =>
      expect(await rowsOf(page, 'Cities')).toEqual(expectedRows(inGermany, ({ city }) => city)),
    );
    expect(await page.locator('.chip summary').allTextContents()).toEqual([
      'Browser: Firefox',
      'Country: Germany',
    ]);
    await page.reload();
    await expectClicks(page, inGermany);
    await page.getByRole('button', { name: 'Remove filter Browser: Firefox' }).click();
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ country }) => country === 'DE'),
    );
    await page.goBack();
    await expectClicks(page, inGermany);
    await page.goBack();
    await expectClicks(page, firefox);
    await page.goBack();
    await expectClicks(page, MARCH_CLICKS);
    await page.goForward();
    await expectClicks(page, firefox);
    await rowButton(page, 'Browsers', 'Firefox').click();
    await expectClicks(page, MARCH_CLICKS);
  });

  test('a path as a short code and a long referrer filter too', async () => {
    const page = await openSignedIn();
    await rowButton(page, 'Links', 'blog/post').click();
    const posts = MARCH_CLICKS.filter(({ shortCode }) => shortCode === 'blog/post');
    await expectClicks(page, posts);
    await page.getByRole('region', { name: 'Referrers' }).getByRole('button').first().click();
    const [first] = expectedRows(posts, ({ referrer }) => referrer);
    await expectClicks(
      page,
      posts.filter(({ referrer }) => referrer === first?.[0]),
    );
  });

  test.each([
    ['country=Germany', 'Countries', 'Germany', ({ country }: MarchClick) => country === 'DE'],
    [
      'referrer=google.com',
      'Referrers',
      'google.com',
      ({ referrer }: MarchClick) => referrer === 'https://google.com',
    ],
  ])('%s in the address is the row of the list', async (filter, list, name, isMeant) => {
    const page = await openSignedIn(`${MARCH}&${filter}`);
    await expectClicks(page, MARCH_CLICKS.filter(isMeant));
    expect(await rowButton(page, list, name).getAttribute('aria-pressed')).toBe('true');
    await rowButton(page, list, name).click();
    await expectClicks(page, MARCH_CLICKS);
    expect(page.url()).not.toContain(filter.split('=')[0]);
  });

  test('a row is left out; what is typed, groups and a stored segment narrow the clicks, too', async () => {
    await spoor.send('PUT', '/api/v1/segments/german', { key, json: { filters: { country: ['DE'] } } });
    const group = JSON.stringify(['or', [{ browser: ['Firefox'] }, { os: { is_not: ['Windows'] } }]]);
    const page = await openSignedIn(`${MARCH}&filters=${encodeURIComponent(group)}`);
    let left = MARCH_CLICKS.filter(({ browser, os }) => browser === 'Firefox' || os !== 'Windows');
    await expectClicks(page, left);

    await rowButton(page, 'Systems', 'Linux').hover();
    await page.getByRole('button', { name: 'Leave out Linux' }).click();
    left = left.filter(({ os }) => os !== 'Linux');
    await expectClicks(page, left);

    await page.getByText('Add filter').click();
    await page.getByLabel('Filter by').selectOption('city');
    await page.getByLabel('Operator').selectOption('does_not_contain');
    await page.getByLabel('Values, one a line').fill('ERL\nston');
    await page.getByLabel('In any letter case').check();
    await page.getByRole('button', { name: 'Apply' }).click();
    left = left.filter(({ city }) => !/erl|ston/i.test(city));
    await expectClicks(page, left);

    await page.locator('.chip summary', { hasText: 'City' }).click();
    expect(await page.getByLabel('Operator').inputValue()).toBe('does_not_contain');
    await page.getByLabel('Values, one a line').fill('ERL');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expectClicks(
      page,
      left.concat(
        MARCH_CLICKS.filter(
          ({ browser, os, city }) =>
            (browser === 'Firefox' || os !== 'Windows') &&
            os !== 'Linux' &&
            /ston/i.test(city) &&
            !/erl/i.test(city),
        ),
      ),
    );
    await page.locator('.chip summary', { hasText: 'City' }).click();
    await page.getByLabel('Values, one a line').fill('ERL\nston');
    await page.getByRole('button', { name: 'Apply' }).click();
    await expectClicks(page, left);

    await page.getByText('Segments').click();
    await page.getByRole('button', { name: 'german', exact: true }).click();
    const german = left.filter(({ country }) => country === 'DE');
    await expectClicks(page, german);
    expect(await page.getByRole('list', { name: 'Filters' }).getByRole('button').allTextContents()).toEqual([
      'Remove filter System is not Linux',
      'Remove filter City does not contain ERL or ston in any letter case',
      'Remove filter Browser: Firefox or System is not Windows',
      'Remove filter Segment: german',
      'Clear all',
    ]);
    expect(parametersOf(page).get('segment')).toBe('german');

    await page.getByRole('button', { name: 'Remove filter Segment: german' }).click();
    await page.locator('.chip summary', { hasText: 'City' }).click();
    await page.getByRole('button', { name: 'Change to “contains”' }).click();
    await expectClicks(
      page,
      MARCH_CLICKS.filter(
        ({ browser, os, city }) =>
          (browser === 'Firefox' || os === 'macOS') && os !== 'Linux' && /erl|ston/i.test(city),
      ),
    );
    await page.getByText('Segments').click();
    await page.getByLabel('Store these filters as').fill('mine');
    await page.getByRole('button', { name: 'Store', exact: true }).click();
    await page.getByRole('button', { name: 'Remove filter Segment: mine' }).waitFor();
    expect([...parametersOf(page).keys()]).not.toContain('filters');
  });

  test('one that the server refuses stays, and the page says why', async () => {
    const page = await chrome.open(`${spoor.url}/?${MARCH}&browser.isnt=Chrome&os=Windows`, { key });
    await page.getByRole('alert').filter({ hasText: 'browser.is_not' }).waitFor();
    await page.getByRole('button', { name: 'Remove filter browser.isnt=Chrome' }).click();
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ os }) => os === 'Windows'),
    );
    expect(chrome.complaints()).toHaveLength(1);
  });

  test('the last one that the keyboard removes hands the focus on', async () => {
    const page = await openSignedIn(`${MARCH}&browser=Firefox&country=DE&os=Windows`);
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await page.getByRole('button', { name: 'Remove filter Country: Germany' }).focus();
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await focused()).toBe('Remove filter System: Windows'));
    await page.getByRole('button', { name: 'Remove filter System: Windows' }).focus();
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await focused()).toBe('Remove filter Browser: Firefox'));
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await focused()).toBe('All links'));
  });

  test('what a list shows can be typed, and what it shows tells referrers apart', async () => {
    const languages = ['de', 'de-AT', 'iw', 'he', 'en'];
    const referrers = ['https://www.dup.example/a', 'https://dup.example/a', 'http://dup.example/a', '', ''];
    const writer = await spoor.createKey('polyglot');
    const ndjson = languages.map((language, place) => ({
      short_code: 'lingua',
      language,
      referrer: referrers[place],
    }));
    await spoor.send('POST', '/api/v1/clicks', { key: writer, ndjson });
    const page = await chrome.open(`${spoor.url}/?group_by=language,referrer`, { key: writer });
    await expectFigure(page, 'Clicks', '5');
    const names = async (list: string) =>
      (await rowsOf(page, list)).map(([name = '']) => name).toSorted(compareNames);
    expect(await names('Languages')).toEqual(['English', 'German', 'Hebrew', 'Hebrew']);
    expect(await names('Referrers')).toEqual([
      'Direct',
      'dup.example/a',
      'http://dup.example/a',
      'www.dup.example/a',
    ]);
    const typed = async (dimension: string, text: string, clicks: number): Promise<void> => {
      await page.getByText('Add filter').click();
      await page.getByLabel('Filter by').selectOption(dimension);
      await page.getByLabel('Values, one a line').fill(text);
      await page.getByRole('button', { name: 'Apply' }).click();
      await expectFigure(page, 'Clicks', String(clicks));
      await page.goBack();
      await expectFigure(page, 'Clicks', '5');
    };
    await typed('language', 'German', 2);
    await typed('language', 'hebrew', 2);
    await typed('referrer', 'www.dup.example/a', 1);
    await typed('referrer', 'http://dup.example/a', 1);
  });

  test('more of them than a server takes parameters are opened again; more than an address holds are refused', async () => {
    const page = await openSignedIn();
    const cities = Array.from({ length: 2_000 }, (_, place) => `city ${place}`);
    const type = async (values: readonly string[]): Promise<void> => {
      await page.getByText('Add filter').click();
      await page.getByLabel('Filter by').selectOption('city');
      // To fill in so many lines takes the browser seconds.
      await page.evaluate(`document.querySelector('textarea').value = ${JSON.stringify(values.join('\n'))}`);
      await page.getByRole('button', { name: 'Apply' }).click();
    };
    await type([...cities, 'Berlin']);
    const inBerlin = MARCH_CLICKS.filter(({ city }) => city === 'Berlin');
    await expectClicks(page, inBerlin);
    await page.reload();
    await expectClicks(page, inBerlin);
    const shown = page.url();
    await type(cities.map((city) => `${city} ${'x'.repeat(60)}`));
    await page.getByRole('alert').filter({ hasText: 'longer than an address can be' }).waitFor();
    expect(page.url()).toBe(shown);
    await expectClicks(page, inBerlin);
    await rowButton(page, 'Systems', 'Linux').click();
    await expectClicks(
      page,
      inBerlin.filter(({ os }) => os === 'Linux'),
    );
    expect(await page.getByRole('alert').count()).toBe(0);
    // One parameter a value, as earlier addresses have it.
    const old = cities.slice(0, 1_200).map((city) => `city=${encodeURIComponent(city)}`);
    await page.goto(`${spoor.url}/?${MARCH}&city=Berlin&${old.join('&')}`);
    await expectClicks(page, inBerlin);
  });

  test('are stored with those of the view’s segments, in place of others only where that is confirmed', async () => {
    const filters = { country: ['DE'] };
    await spoor.send('PUT', '/api/v1/segments/here', { key, json: { filters } });
    await spoor.send('PUT', '/api/v1/segments/there', { key, json: { filters: { country: ['US'] } } });
    const page = await openSignedIn(`${MARCH}&segment=here&os=Windows`);
    const shown = MARCH_CLICKS.filter(({ country, os }) => country === 'DE' && os === 'Windows');
    await expectClicks(page, shown);
    await page.getByText('Segments').click();
    await page.getByLabel('Store these filters as').fill('there');
    for (let press = 0; press < 2; press += 1) {
      await page.getByRole('button', { name: 'Store', exact: true }).click();
      await page.getByRole('alert').filter({ hasText: 'There is a segment “there” already' }).waitFor();
    }
    const stored = async (name: string) =>
      (await spoor.send('GET', `/api/v1/segments/${name}`, { key })).json.filters;
    expect(await stored('there')).toEqual({ country: ['US'] });
    // Another name is another question.
    await page.getByLabel('Store these filters as').fill('here');
    await page.getByRole('button', { name: 'Store', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: '“here” already' }).waitFor();
    await page.getByRole('button', { name: 'Replace here' }).click();
    await page.getByRole('button', { name: 'Remove filter System: Windows' }).waitFor({ state: 'detached' });
    expect(await stored('here')).toEqual({ country: ['DE'], os: ['Windows'] });
    expect(parametersOf(page).get('os')).toBeNull();
    await expectClicks(page, shown);
  });

  test('bots are left out, or alone', async () => {
    const page = await openSignedIn();
    await page.getByLabel('Bots').selectOption('exclude');
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ isBot }) => !isBot),
    );
    await page.getByLabel('Bots').selectOption('only');
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ isBot }) => isBot),
    );
    expect(parametersOf(page).get('bots')).toBe('only');
  });
});

describe('time', () => {
  const zone = 'America/New_York';

  test('another zone has other days; a reload keeps it', async () => {
    const page = await openSignedIn();
    await page.getByLabel('Time zone').selectOption(zone);
    const marchThere = MARCH_CLICKS.filter(({ at }) => at >= Date.parse('2025-03-01T05:00Z'));
    await expectClicks(page, marchThere);
    const expected = expectedDays(marchThere, zone);
    await eventually(async () => expect((await slotsOf(page)).slice(0, expected.length)).toEqual(expected));
    await page.reload();
    await eventually(async () => expect((await slotsOf(page)).slice(0, expected.length)).toEqual(expected));
    expect(await page.getByLabel('Time zone').inputValue()).toBe(zone);
  });

  test('two dates and an interval: the day that the clocks change has 23 hours', async () => {
    const page = await openSignedIn(MARCH.replace('UTC', zone));
    const minutes = page.getByLabel('Interval').locator('option[value=minute]');
    // A month of them is more than the API answers.
    expect(await minutes.isDisabled()).toBe(true);
    await page.getByText('Dates').click();
    await page.getByLabel('From', { exact: true }).fill('2025-03-09');
    await page.getByLabel('To', { exact: true }).fill('2025-03-09');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    const [start, end] = [Date.parse('2025-03-09T05:00Z'), Date.parse('2025-03-10T04:00Z')];
    const day = MARCH_CLICKS.filter(({ at }) => at >= start && at < end);
    await expectClicks(page, day);
    await eventually(async () => expect(await timeRowsOf(page)).toHaveLength(23));
    expect(await minutes.isDisabled()).toBe(false);
    await page.getByLabel('Interval').selectOption('day');
    await eventually(async () => expect(await slotsOf(page)).toEqual(expectedDays(day, zone)));
    expect(page.url()).toContain('interval=day');
  });

  test('a period up to now', async () => {
    const page = await openSignedIn();
    await page.getByRole('button', { name: 'All time' }).click();
    await expectFigure(page, 'Clicks', grouped(MARCH_CLICKS.length + FRESH));
    const [first] = await timeRowsOf(page);
    expect(first?.[0]).toBe('March 2025');
    await page.getByRole('button', { name: 'Last 7 days' }).click();
    await expectFigure(page, 'Clicks', grouped(FRESH));
    await page.reload();
    await expectFigure(page, 'Clicks', grouped(FRESH));
  });

  test('quarters and years have their names, say that they are incomplete, and fit below the chart', async () => {
    const page = await openSignedIn(
      'start_date=2025-03-01&end_date=2026-05-31&timezone=UTC&interval=quarter',
    );
    await expectClicks(page, MARCH_CLICKS);
    const names = async () => (await timeRowsOf(page)).map(([name]) => name);
    await eventually(async () =>
      expect(await names()).toEqual(['Q1 2025', 'Q2 2025', 'Q3 2025', 'Q4 2025', 'Q1 2026', 'Q2 2026']),
    );
    const slider = page.getByRole('slider');
    const tip = async (keyName: string): Promise<string | null> => {
      await slider.focus();
      await page.keyboard.press(keyName);
      return page.locator('.tip strong').textContent();
    };
    expect([await tip('Home'), await tip('ArrowRight'), await tip('End')]).toEqual([
      'Q1 2025 (partial)',
      'Q2 2025',
      'Q2 2026 (partial)',
    ]);
    await page.getByLabel('Interval').selectOption('year');
    await eventually(async () => expect(await names()).toEqual(['2025', '2026']));
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^2026: 0 clicks, 0 visitors/);
    expect(await tip('End')).toBe('2026 (partial)');
  });

  test('no label of the axis is cut', async () => {
    const page = await chrome.open(spoor.url, { key });
    // What is written on the canvas, and how far beyond its right edge.
    await page.addInitScript(`
      globalThis.written = new Map();
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        written.set(text, x + this.measureText(text).width / 2 - this.canvas.width);
        return fillText.call(this, text, x, y);
      };`);
    for (const [interval, last] of [
      ['month', 'Sept 2025'],
      ['quarter', 'Q3 2025'],
    ] as const) {
      await page.goto(
        `${spoor.url}/?start_date=2025-01-01&end_date=2025-09-30&timezone=UTC&interval=${interval}`,
      );
      await page.locator('.plot canvas').waitFor();
      const beyond = async () => new Map(await page.evaluate<[string, number][]>('[...written]'));
      await eventually(async () => expect([...(await beyond()).keys()]).toContain(last));
      expect((await beyond()).get(last)).toBeLessThanOrEqual(0);
    }
  });

  test('dragging over the chart zooms to what was dragged over, and back leads out again', async () => {
    const page = await openSignedIn();
    const plot = await page.locator('.u-over').boundingBox();
    if (plot === null) throw new Error('There is no chart.');
    // 31 days, the first and the last at the edges.
    const middleOf = (day: number): number => plot.x + (plot.width * (day - 1)) / 30;
    await page.mouse.move(middleOf(10), plot.y + 50);
    await page.mouse.down();
    await page.mouse.move(middleOf(15), plot.y + 60, { steps: 5 });
    await page.mouse.up();
    const [start, end] = [Date.parse('2025-03-10'), Date.parse('2025-03-16')];
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ at }) => at >= start && at < end),
    );
    expect(parametersOf(page).get('start_date')).toBe('2025-03-10');
    expect(parametersOf(page).get('end_date')).toBe('2025-03-15');
    await page.goBack();
    await expectClicks(page, MARCH_CLICKS);
  });

  test('an hour of the table zooms to itself', async () => {
    const page = await openSignedIn('start_date=2025-03-09&end_date=2025-03-09&timezone=UTC');
    await timeRowsOf(page);
    await page.getByRole('button', { name: 'Sun, 9 Mar 2025, 07:00' }).click();
    const start = Date.parse(LONG_AGO);
    await expectClicks(
      page,
      MARCH_CLICKS.filter(({ at }) => at >= start && at < start + 3_600_000),
    );
    await eventually(async () => expect(await timeRowsOf(page)).toHaveLength(6));
  });
});

test('an hour that comes twice is told apart, and each zooms to itself', async () => {
  const writer = await spoor.createKey('havana');
  const clicks = ['04:30', '05:20', '05:40'].map((time) => ({
    short_code: 'late',
    clicked_at: `2025-11-02T${time}:00Z`,
  }));
  await spoor.send('POST', '/api/v1/clicks', { key: writer, ndjson: clicks });
  const day = 'start_date=2025-11-02&end_date=2025-11-02&interval=hour&timezone=America/Havana';
  const page = await chrome.open(`${spoor.url}/?${day}`, { key: writer });
  await expectFigure(page, 'Clicks', '3');
  const rows = (await slotsOf(page)).slice(0, 3).map((cells) => cells.slice(0, 2));
  expect(rows).toEqual([
    ['Sun, 2 Nov 2025, 00:00 (UTC\u221204:00)', '1'],
    ['Sun, 2 Nov 2025, 00:00 (UTC\u221205:00)', '2'],
    ['Sun, 2 Nov 2025, 01:00', '0'],
  ]);
  await page.getByRole('button', { name: /04:00\)$/ }).click();
  await expectFigure(page, 'Clicks', '1');
  await page.goBack();
  await expectFigure(page, 'Clicks', '3');
  await timeRowsOf(page);
  await page.getByRole('button', { name: /05:00\)$/ }).click();
  await expectFigure(page, 'Clicks', '2');
});

describe('one link', () => {
  const launch = MARCH_CLICKS.filter(({ shortCode }) => shortCode === 'launch');

  test('a public one is open to everybody, and can be narrowed down', async () => {
    const page = await chrome.open(`${spoor.url}/?short_code=launch&${MARCH}`);
    await expectClicks(page, launch);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('launch');
    await rowButton(page, 'Browsers', 'Safari').click();
    await expectClicks(
      page,
      launch.filter(({ browser }) => browser === 'Safari'),
    );
    expect(await page.getByRole('region', { name: 'Links' }).count()).toBe(0);
  });

  test('its code opens it from the sign-in page', async () => {
    const page = await chrome.open(spoor.url);
    await page.getByLabel('Or open a public link').fill('launch');
    await page.keyboard.press('Enter');
    await expectFigure(page, 'Clicks', '0');
    await page.getByText('No clicks in this period.').waitFor();
    await page.getByRole('button', { name: 'Show all time' }).click();
    await expectClicks(page, launch);
  });

  test('with a key, the same address shows the same clicks among the owner’s', async () => {
    const page = await chrome.open(`${spoor.url}/?short_code=launch&${MARCH}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, key);
    await page.getByRole('heading', { name: 'All links' }).waitFor();
    await expectClicks(page, launch);
    await page.getByRole('button', { name: 'Remove filter Link: launch' }).click();
    await expectClicks(page, MARCH_CLICKS);
  });
});

describe('compared with the time before', () => {
  const within = (from: string, to: string) =>
    MARCH_CLICKS.filter(({ at }) => at >= Date.parse(from) && at < Date.parse(to));
  const week = within('2025-03-17', '2025-03-24');

  test('each total says how it has changed, and the chart shows both', async () => {
    const page = await openSignedIn(
      'start_date=2025-03-17&end_date=2025-03-23&timezone=UTC&browser=Firefox&bots=exclude',
    );
    const human = (clicks: readonly MarchClick[]) =>
      clicks.filter(({ browser, isBot }) => browser === 'Firefox' && !isBot);
    const [now, before] = [human(week), human(within('2025-03-10', '2025-03-17'))];
    expect(now.length).not.toBe(before.length);
    await expectClicks(page, now);
    const { text, words } = changeOf(now.length, before.length);
    const change = page.locator('dl.figures > div').filter({ hasText: 'Clicks' }).first().locator('.change');
    expect(await change.textContent()).toBe(text + words);
    expect(await change.getAttribute('title')).toBe(`${before.length} in 10 Mar 2025 – 16 Mar 2025`);
    const clicksOf = (clicks: readonly MarchClick[], name: string) =>
      clicks.filter(({ city }) => city === name).length;
    expect((await rowsOf(page, 'Cities')).map((cells) => [cells[0], cells[2]])).toEqual(
      expectedRows(now, ({ city }) => city).map(([name = '']) => {
        const row = changeOf(clicksOf(now, name), clicksOf(before, name));
        return [name, row.text + row.words];
      }),
    );
    await page.getByText('Clicks in the period compared with').waitFor();
    const columns = (await timeRowsOf(page)).map((cells) => cells.at(-1));
    expect(columns).toEqual(expectedDays(before, 'UTC').map(([, clicks]) => clicks));
  });

  test('where nothing lies before there is nothing to compare with', async () => {
    const page = await openSignedIn('start_date=2000-01-01&end_date=2025-03-31&timezone=UTC');
    await expectClicks(page, MARCH_CLICKS);
    expect(await page.locator('.change').count()).toBe(0);
    expect((await timeRowsOf(page))[0]).toHaveLength(3);
  });
});
