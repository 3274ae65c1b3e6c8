import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { unzipSync } from 'fflate';
import type { Page, Route } from 'playwright-core';
import { xml2js } from 'xml-js';
import { EXPORT_FORMAT_NAMES, type ExportFormatName } from '../../../src/export/formats.ts';
import { type TestBrowser, eventually, openBrowser } from '../../support/browser.ts';
import { readWithDuckDB } from '../../support/duckdb.ts';
import { expectFigure } from '../../support/dashboard.ts';
import { Gate } from '../../support/gate.ts';
import { MARCH, MARCH_BODY, MARCH_CLICKS, grouped } from '../../support/march-clicks.ts';
import { type TestSpoor, startSpoor } from '../../support/spoor.ts';

const GERMAN = MARCH_CLICKS.filter(({ country, isBot }) => country === 'DE' && !isBot);
const VIEW = `${MARCH}&country=DE&bots=exclude`;

let spoor: TestSpoor;
let way: Gate;
let chrome: TestBrowser;
let key: string;
beforeAll(async () => {
  [spoor, chrome] = await Promise.all([startSpoor(), openBrowser()]);
  way = await Gate.open(spoor.url);
  key = await spoor.createKey('me');
  await spoor.send('POST', '/api/v1/clicks', { key, ndjson: MARCH_BODY });
  await spoor.send('PUT', '/api/v1/urls/launch', { key, json: { private_stats: false } });
});
afterEach(() => chrome.clear());
afterAll(async () => {
  await chrome?.close();
  await spoor?.stop();
  await way?.shut();
});

async function exported(
  page: Page,
  format: ExportFormatName,
): Promise<readonly [name: string, bytes: Buffer]> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: format.toUpperCase(), exact: true }).click();
  const file = await coming;
  return [file.suggestedFilename(), readFileSync(await file.path())];
}

const clicksByTime = (rows: readonly Readonly<Record<string, unknown>>[]): number =>
  rows.filter(({ list }) => list === 'time').reduce((sum, { clicks }) => sum + Number(clicks), 0);

/** The number of clicks that a file of the format says it holds. */
const TOTALS: Readonly<Record<ExportFormatName, (bytes: Buffer) => Promise<number>>> = {
  json: async (bytes) => JSON.parse(bytes.toString()).summary.total_clicks,
  xml: async (bytes) => {
    const tree: any = xml2js(bytes.toString(), { compact: true, textKey: 'text' });
    return Number(tree.export.summary.total_clicks.text);
  },
  csv: async (bytes) => {
    const summary = Buffer.from(unzipSync(bytes)['summary.csv'] ?? []).toString();
    return Number(/^total_clicks,(\d+)\r$/m.exec(summary)?.[1]);
  },
  parquet: async (bytes) => {
    const { rows } = await readWithDuckDB(bytes, 'table.parquet', (path) => `read_parquet(${path})`);
    return clicksByTime(rows);
  },
  ndjson: async (bytes) => {
    const lines = bytes.toString().trimEnd().split('\n');
    return clicksByTime(lines.map((line) => JSON.parse(line)));
  },
  xlsx: async (bytes) => {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(new Uint8Array(bytes).buffer);
    const cells = book.getWorksheet('Summary')?.getSheetValues() ?? [];
    const row = cells.find((values) => Array.isArray(values) && values.includes('total_clicks'));
    return Number(Array.isArray(row) ? row[2] : Number.NaN);
  },
};

/** A page from which one file after the other is saved. */
let view: Page | undefined;

test.each(EXPORT_FORMAT_NAMES)('%s holds what is on the screen', async (format) => {
  const page = (view ??= await chrome.open(`${spoor.url}/?${VIEW}`, { key, isKept: true }));
  await expectFigure(page, 'Clicks', grouped(GERMAN.length));
  const [name, bytes] = await exported(page, format);
  expect(name).toMatch(/^spoor_all_2025-03-01_2025-03-31\.\w+$/);
  expect(await TOTALS[format](bytes)).toBe(GERMAN.length);
  await page.getByText(`Saved ${name}.`).waitFor();
});

describe('without a key', () => {
  test('a public link is exported too', async () => {
    const page = await chrome.open(`${spoor.url}/?short_code=launch&${MARCH}`);
    await page.locator('.figures').waitFor();
    const [name, bytes] = await exported(page, 'json');
    expect(name).toBe('spoor_launch_2025-03-01_2025-03-31.json');
    const launch = MARCH_CLICKS.filter(({ shortCode }) => shortCode === 'launch').length;
    expect(await TOTALS.json(bytes)).toBe(launch);
  });
});

test('one under way can be called off, and another begun', async () => {
  const page = await chrome.open(`${spoor.url}/?${VIEW}`, { key });
  await page.locator('.figures').waitFor();
  const calledOff: string[] = [];
  page.on('requestfailed', (request) => calledOff.push(request.url()));
  // An export that does not get going.
  await page.route('**/api/v1/export?*format=csv', () => {});
  await page.getByRole('button', { name: 'CSV' }).click();
  await page.getByRole('progressbar', { name: 'Export as CSV' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Export cancelled.').waitFor();
  expect(await focused(page)).toBe('CSV');
  await eventually(async () => expect(calledOff).toHaveLength(1));
  const [, bytes] = await exported(page, 'json');
  expect(await TOTALS.json(bytes)).toBe(GERMAN.length);
});

test('one that breaks off is not saved, and the page says so', async () => {
  const page = await chrome.open(`${way.url}/?${MARCH}`, { key });
  await page.locator('.figures').waitFor();
  const saved: string[] = [];
  page.on('download', (file) => saved.push(file.suggestedFilename()));
  way.cutAfter(3_000);
  await page.getByRole('button', { name: 'JSON', exact: true }).click();
  await page.getByText('The export was interrupted, so nothing was saved. Try again.').waitFor();
  expect(saved).toEqual([]);
});

test('a file that is dropped on the page is imported, and the list of imports undoes it', async () => {
  const page = await chrome.open(spoor.url, { key: await spoor.createKey('importer') });
  await page.getByText('No clicks yet').waitFor();
  await drop(page, [['clicks.ndjson', 3]]);
  await page.getByText('clicks.ndjson: 3 clicks added.').waitFor();
  await expectFigure(page, 'Clicks', '3');
  const text = (name: string, buffer: string) => ({
    name,
    mimeType: 'text/plain',
    buffer: Buffer.from(buffer),
  });
  await page.getByLabel('File').setInputFiles(text('what.txt', 'what is this'));
  await page.getByText('what.txt: The format of the file is not recognised').waitFor();
  const rows = page.getByRole('list', { name: 'Imports' }).getByRole('listitem');
  expect(await rows.allTextContents()).toEqual([
    expect.stringMatching(/^clicks.ndjson, .*3 added, done Undo$/),
  ]);
  // The second press of a double-click confirms nothing, and there is a way back.
  await rows.getByRole('button', { name: 'Undo' }).dblclick();
  const confirmation = rows.getByRole('button', { name: 'Remove its 3 clicks' });
  await confirmation.waitFor();
  for (const [back, press] of [
    ['Cancel', 'Enter'],
    ['Remove its 3 clicks', 'Escape'],
  ] as const) {
    await rows.getByRole('button', { name: back }).focus();
    await page.keyboard.press(press);
    await confirmation.waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('Undo');
    await page.keyboard.press('Enter');
    await confirmation.waitFor();
  }
  await confirmation.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Removed 3 clicks.').waitFor();
  await page.getByText('No clicks yet').waitFor();
  expect(await rows.allTextContents()).toEqual([expect.stringContaining('undone')]);
  expect(await focused(page)).toContain('undone');
});

test('files are imported one after the other, dropped together or while another uploads; cancelling leaves the rest out', async () => {
  const importer = await spoor.createKey('importers');
  const page = await chrome.open(spoor.url, { key: importer });
  await page.getByText('No clicks yet').waitFor();
  const held: Route[] = [];
  await page.route('**/api/v1/imports?file=held*', (route) => void held.push(route));
  const outcomes = () => page.locator('.imports .outcomes p').allTextContents();
  await drop(page, [
    ['held-1.ndjson', 1],
    ['b.ndjson', 2],
  ]);
  await eventually(async () => expect(held).toHaveLength(1));
  await drop(page, [['c.ndjson', 3]]);
  await page.getByText('held-1.ndjson, then 2 more files').waitFor();
  await held[0]?.continue();
  await eventually(async () =>
    expect(await outcomes()).toEqual([
      'held-1.ndjson: 1 click added.',
      'b.ndjson: 2 clicks added.',
      'c.ndjson: 3 clicks added.',
    ]),
  );
  await expectFigure(page, 'Clicks', '6');

  await page.getByLabel('File').setInputFiles(
    ['held-2.ndjson', 'd.ndjson'].map((name) => ({
      name,
      mimeType: 'text/plain',
      buffer: Buffer.from(linesOf(name, 1)),
    })),
  );
  await page.getByText('held-2.ndjson, then 1 more file').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await eventually(async () =>
    expect((await outcomes()).toSorted()).toEqual([
      'd.ndjson: not imported.',
      'held-2.ndjson: cancelled. What was imported until then stays.',
    ]),
  );
  await eventually(async () => expect(await page.evaluate('document.activeElement.type')).toBe('file'));
});

test('an import that is running is followed to its end', async () => {
  const importer = await spoor.createKey('runner');
  const running = request(new URL('/api/v1/imports?file=slow.ndjson', spoor.url), {
    method: 'POST',
    headers: { Authorization: `Bearer ${importer}`, 'Content-Type': 'application/octet-stream' },
  });
  const answered = once(running, 'response');
  // Enough to tell the format by.
  running.write(`${linesOf('slow', 5_000)}\n`);
  const page = await chrome.open(spoor.url, { key: importer });
  await page.locator('.imports > summary').click();
  const rows = page.getByRole('list', { name: 'Imports' }).getByRole('listitem');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await rows.filter({ hasText: /slow.ndjson.*running/ }).waitFor();
  running.end();
  const [response]: IncomingMessage[] = await answered;
  response?.resume();
  await rows.filter({ hasText: /slow.ndjson.*5,000 added, done/ }).waitFor();
});

/** Drops files on the page: their names, and how many clicks are in them. */
async function drop(page: Page, files: readonly (readonly [name: string, clicks: number])[]): Promise<void> {
  const texts = files.map(([name, clicks]) => [name, linesOf(name, clicks)]);
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    for (const [name, text] of ${JSON.stringify(texts)}) dataTransfer.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
  }`);
}

function linesOf(name: string, clicks: number): string {
  return Array.from({ length: clicks }, (_, place) =>
    JSON.stringify({ short_code: name, click_id: String(place) }),
  ).join('\n');
}

const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent');
