import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { type TestBrowser, eventually, openBrowser } from '../../support/browser.ts';
import { expectFigure, signIn } from '../../support/dashboard.ts';
import { grouped } from '../../support/march-clicks.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../../support/spoor.ts';

/** Owners, more than the page lists, with a few clicks of the last day. */
const CROWD = 200;
const CROWD_CLICKS = 1_200;
const ODD = `o'wen & <b>sons</b> 100% #1? ü`;
const ODD_CLICKS = 3;
const ALL = grouped(CROWD_CLICKS + ODD_CLICKS);

let spoor: TestSpoor;
let empty: TestSpoor;
let chrome: TestBrowser;
let oddKey: string;
beforeAll(async () => {
  [spoor, empty, chrome] = await Promise.all([startSpoor(), startSpoor(), openBrowser()]);
  const owners = Array.from({ length: CROWD }, (_, place) => `crowd-${place}`);
  const plan = { clicks: CROWD_CLICKS, owners, urls: CROWD, days: 1, seed: 1, from: 0, to: CROWD_CLICKS };
  const seeded = await spoor.send('POST', '/control/seed', { json: { ...plan, end: Date.now() } });
  expect(seeded.status).toBe(204);
  oddKey = await spoor.createKey(ODD);
  const ndjson = Array.from({ length: ODD_CLICKS }, () => ({ short_code: 'odd', country: 'DE' }));
  await spoor.send('POST', '/api/v1/clicks', { key: oddKey, ndjson });
});
afterEach(async () => {
  await chrome.clear();
  // The browser itself tells its console of every request that fails.
  expect(chrome.complaints().filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
  await empty?.stop();
});

const ownerIn = (page: Page): string | null => new URL(page.url()).searchParams.get('owner_id');

async function expectHeading(page: Page, name: string): Promise<void> {
  await eventually(async () =>
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(name),
  );
}

/** Opens the list of owners by the keyboard. @returns the field to search in */
async function openOwners(page: Page) {
  await page.locator('summary', { hasText: 'Owner' }).focus();
  await page.keyboard.press('Enter');
  const field = page.getByLabel('Find an owner');
  await eventually(async () => expect(await page.locator('input[type=search]:focus').count()).toBe(1));
  return field;
}

describe('an administrator', () => {
  test('begins with every owner, and the address says so', async () => {
    const page = await chrome.open(spoor.url);
    await signIn(page, ADMIN_KEY);
    await expectFigure(page, 'Clicks', ALL);
    await expectHeading(page, 'All owners');
    expect(ownerIn(page)).toBe('*');
    expect(page.url()).not.toContain('spoo_');
    // There is nothing to remove: another owner is chosen instead.
    expect(await page.getByRole('list', { name: 'Filters' }).count()).toBe(0);
    await page.reload();
    await expectFigure(page, 'Clicks', ALL);
  });

  test('finds one owner among many by a part of its id, and goes back', async () => {
    const filters = 'owner_id=*&short_code=other&country=DE';
    const page = await chrome.open(`${spoor.url}/?${filters}`, { key: ADMIN_KEY });
    await page.getByText('No clicks match these filters in this period.').waitFor();
    await openOwners(page);
    const { total } = (await spoor.send('GET', '/api/v1/owners')).json;
    await page.getByText(`The first 50 of ${grouped(total)} owners`).waitFor();
    const rows = page.getByRole('list', { name: 'Owners' }).getByRole('button');
    expect(await rows.count()).toBe(51);
    await page.keyboard.type('WEN & <B>');
    await eventually(async () =>
      expect((await rows.allTextContents())[0]).toBe(`${ODD}${ODD_CLICKS} clicks`),
    );
    await page.keyboard.press('Enter');
    await expectFigure(page, 'Clicks', String(ODD_CLICKS));
    await expectHeading(page, ODD);
    expect(ownerIn(page)).toBe(ODD);
    // Of the filters only the link's is gone: it was another owner's.
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('country'), searchParams.get('short_code')]).toEqual(['DE', null]);
    expect(await page.evaluate('document.activeElement.tagName')).toBe('SUMMARY');
    await page.goBack();
    await expectHeading(page, 'All owners');
  });

  test('Enter before the owners are there waits for them; one without clicks can be chosen too', async () => {
    const page = await chrome.open(spoor.url, { key: ADMIN_KEY });
    await expectFigure(page, 'Clicks', ALL);
    const held: Route[] = [];
    await page.route('**/api/v1/owners?search=crowd-77*', (route) => void held.push(route));
    await openOwners(page);
    await page.keyboard.type('crowd-77');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(held).toHaveLength(1));
    expect(ownerIn(page)).toBe('*');
    await held[0]?.continue();
    await expectHeading(page, 'crowd-77');
    await openOwners(page);
    await page.keyboard.type('nobody');
    await page.getByRole('button', { name: 'nobody', exact: true }).click();
    await expectHeading(page, 'nobody');
    await page.getByRole('heading', { name: 'No clicks yet' }).waitFor();
  });

  test('names the owner of the links in a file before it is imported', async () => {
    const page = await chrome.open(spoor.url, { key: ADMIN_KEY });
    await expectFigure(page, 'Clicks', ALL);
    const sent: (string | null)[] = [];
    await page.route('**/api/v1/imports?file=*', (route) => {
      sent.push(new URL(route.request().url()).searchParams.get('owner'));
      return route.abort();
    });
    await page.getByText('Import a file').click();
    const file = { name: 'a.ndjson', mimeType: 'text/plain', buffer: Buffer.from('{"short_code":"a"}') };
    await page.getByLabel('Owner of new links').fill(' ');
    await page.getByLabel('File').setInputFiles(file);
    await page.getByText('Name the owner of new links first.').waitFor();
    expect(await page.evaluate('document.activeElement.required')).toBe(true);
    await page.keyboard.type('them');
    await page.getByLabel('File').setInputFiles(file);
    await eventually(async () => expect(sent).toEqual(['them']));
  });

  test('is told when the owners cannot be listed, and tries again', async () => {
    const page = await chrome.open(spoor.url, { key: ADMIN_KEY });
    await expectFigure(page, 'Clicks', ALL);
    await page.route('**/api/v1/owners?*', (route) => route.abort());
    await openOwners(page);
    await page.getByText('Cannot reach Spoor.').waitFor();
    await page.unroute('**/api/v1/owners?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The first 50 of').waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('Find an owner').waitFor({ state: 'detached' });
  });
});

test('another key sees its own clicks where an administrator’s address is opened, and has no choice', async () => {
  for (const owner of ['*', encodeURIComponent(ODD)]) {
    const page = await chrome.open(`${spoor.url}/?owner_id=${owner}`, { key: oddKey });
    await expectFigure(page, 'Clicks', String(ODD_CLICKS));
    expect(ownerIn(page)).toBeNull();
    expect(await page.locator('summary', { hasText: 'Owner' }).count()).toBe(0);
  }
});

describe('without any clicks', () => {
  const commandOf = async (page: Page): Promise<string> => (await page.locator('pre').textContent()) ?? '';
  const waiting = (page: Page) => page.getByRole('heading', { name: 'No clicks yet' });

  /** The requests for statistics that a page sends from now on. */
  function watch(page: Page): readonly string[] {
    const sent: string[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/v1/stats') sent.push(request.url());
    });
    return sent;
  }

  test('an administrator makes a key, sends the first click with it, and the page shows it by itself', async () => {
    const fresh = await startSpoor();
    try {
      const page = await chrome.open(fresh.url);
      await signIn(page, ADMIN_KEY);
      await waiting(page).waitFor();
      expect(await commandOf(page)).toContain(`Bearer spoo_…' `);
      await page.getByLabel('Owner', { exact: true }).fill(' it’s me ');
      const make = page.getByRole('button', { name: 'Make a key that sends clicks' });
      await page.route('**/api/v1/keys', (route) => route.abort());
      await make.click();
      await page.getByRole('alert').filter({ hasText: 'Cannot reach Spoor.' }).waitFor();
      await page.unroute('**/api/v1/keys');
      await make.dblclick();
      await page.getByText('It is shown this once.').waitFor();
      expect(await page.locator('p:focus').textContent()).toContain('It is shown this once.');
      const { items } = (await fresh.send('GET', '/api/v1/keys')).json;
      expect(items).toMatchObject([{ owner_id: 'it’s me', scopes: ['clicks:write'] }]);
      const command = await commandOf(page);
      const [key = ''] = /spoo_[\w-]+/.exec(command) ?? [];
      expect(page.url()).not.toContain('spoo_');
      expect(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(
        key,
      );
      const { stdout } = await promisify(execFile)('sh', ['-c', command]);
      expect(JSON.parse(stdout)).toEqual({ accepted: 1, rejected: [] });
      await expectFigure(page, 'Clicks', '1');
      expect(await waiting(page).count()).toBe(0);
      // Nothing asks any longer.
      await page.clock.install();
      const sent = watch(page);
      await page.clock.runFor(120_000);
      expect(sent).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });

  test('a page that nobody sees does not ask', async () => {
    const page = await chrome.open(empty.url, { key: ADMIN_KEY });
    await waiting(page).waitFor();
    await page.clock.install();
    await page.reload();
    await waiting(page).waitFor();
    const sent = watch(page);
    const show = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await show(true);
    await page.clock.runFor(120_000);
    expect(sent).toEqual([]);
    await show(false);
    await page.clock.runFor(1_000);
    await eventually(async () => expect(sent).toHaveLength(1));
    expect(sent[0]).toContain('start_date=2000-01-01');
  });

  test.each([
    [
      ['stats:read'],
      'An administrator can make you one that may: for the owner “me”',
      'there is the command',
    ],
    [['stats:read', 'clicks:write'], 'Your key may send clicks', 'there are “Import a file” below and'],
  ] as const)(
    'a key of %j is told who can send the first one, and files',
    async (scopes, sentence, files) => {
      const key = await empty.createKey('me', scopes);
      const page = await chrome.open(empty.url, { key });
      await waiting(page).waitFor();
      await page.getByText(sentence).waitFor();
      await page.getByText(files).waitFor();
      expect(await page.locator('.imports').count()).toBe(files.includes('Import') ? 1 : 0);
      expect(await commandOf(page)).toContain(`Bearer spoo_…' `);
      expect(await commandOf(page)).toContain(`'${empty.url}/api/v1/clicks'`);
      expect(await page.getByRole('button', { name: 'Make a key' }).count()).toBe(0);
    },
  );

  test('a link says that it has none', async () => {
    await empty.send('PUT', '/api/v1/urls/new', { json: { private_stats: false } });
    const page = await chrome.open(`${empty.url}/?short_code=new`);
    await page.getByText('This link has no clicks yet.').waitFor();
  });
});
