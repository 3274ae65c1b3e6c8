import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
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
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Export cancelled.').waitFor();
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
  const lines = [1, 2, 3].map((number) => `{"short_code":"dropped","click_id":"${number}"}`);
  await page.evaluate(`
    const dropped = new DataTransfer();
    dropped.items.add(new File([${JSON.stringify(lines.join('\n'))}], 'clicks.ndjson'));
    document.body.dispatchEvent(
      new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: dropped }));`);
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
  await rows.getByRole('button', { name: 'Undo' }).click();
  await rows.getByRole('button', { name: 'Remove its 3 clicks' }).click();
  await page.getByText('Removed 3 clicks.').waitFor();
  await page.getByText('No clicks yet').waitFor();
  expect(await rows.allTextContents()).toEqual([expect.stringContaining('undone')]);
});
