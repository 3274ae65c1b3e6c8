import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import * as fc from '../support/fast-check.ts';
import { unzipSync } from 'fflate';
import {
  HOSTILE_TEXTS,
  type Rows,
  type Table,
  allowedInXml,
  download,
  hostileClicks,
  neutralised,
  sheetNames,
  tablesOf,
} from '../support/exports.ts';
import { endProcesses, newFolder } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

/** Commas, quotes, UTF-8, from the first line on; every text quoted, no number, each as shown; a formula as such; all sheets. */
const SHOWN = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,true,false,false,-1';

let spoor: TestSpoor;
let answer: any;
let tables: readonly (readonly [name: string, table: Table])[];
let summary: Rows;
/** Of LibreOffice, which runs once at a time here. */
let profile: string | undefined;
const question = {
  owner_id: 'office',
  start_date: '2011-12-01',
  end_date: '2026-01-01',
  interval: 'month',
  group_by: 'time,browser,city,referrer,short_code',
  breakdown: 'true',
};
beforeAll(async () => {
  spoor = await startSpoor();
  const texts = [
    ...HOSTILE_TEXTS,
    '_x0041_',
    '_x003D_1+1',
    '=HYPERLINK("http://x.y";"z")',
    '=1+1',
    '+1',
    '@x',
  ];
  const clicks = [
    ...fc.sample(hostileClicks, 150),
    ...texts.map((city) => ({ short_code: '007', city, clicked_at: '2025-01-01' })),
  ];
  const sent = await spoor.send('POST', '/api/v1/clicks', {
    key: await spoor.createKey('office'),
    json: clicks,
  });
  expect([sent.status, sent.json]).toEqual([200, { accepted: clicks.length, rejected: [] }]);
  ({ json: answer } = await spoor.send('GET', '/api/v1/stats', { query: { ...question, limit: '10000' } }));
  tables = tablesOf(answer);
  summary = Object.entries<string | number | null>(answer.summary);
});
afterAll(async () => {
  await spoor.stop();
  await endProcesses();
});

/**
 * Has LibreOffice open files and write what it shows in each sheet.
 * @param filter how to read the files, where their kind does not say it
 * @returns the sheets by `file-sheet`; a text as a string, a number as a number, an empty cell as null
 */
async function shown(files: Readonly<Record<string, Uint8Array>>, filter?: string) {
  const folder = newFolder();
  const output = join(folder, 'shown');
  mkdirSync(output);
  const paths = Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  await soffice([
    // A profile in use would hand the work to the office that uses it, and a new one takes longer to make than a file to open.
    `-env:UserInstallation=${pathToFileURL((profile ??= join(newFolder(), 'profile'))).href}`,
    '--headless',
    ...(filter === undefined ? [] : [`--infilter=${filter}`]),
    '--convert-to',
    SHOWN,
    '--outdir',
    output,
    ...paths,
  ]);
  return new Map(
    readdirSync(output).map((name) => [basename(name, '.csv'), readShown(readFileSync(join(output, name)))]),
  );
}

async function soffice(options: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('soffice', options);
  } catch (error) {
    // An error of Node's own is no instance of the Error that tests see.
    const isMissing =
      typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
    throw new Error(
      'This test opens files with LibreOffice: apt-get install --no-install-recommends libreoffice-calc-nogui',
      { cause: error },
    );
  }
}

function readShown(bytes: Uint8Array): Rows {
  return parse(Buffer.from(bytes), {
    cast: (value, { quoting }) => (quoting ? value : value === '' ? null : Number(value)),
    relax_column_count: true,
  });
}

/** Texts as they stand in a workbook; LibreOffice makes one character of a line break of two. */
const inBook = (text: string): string => allowedInXml(neutralised(text)).replaceAll('\r\n', '\n');

/** Texts as they stand in a CSV file, where LibreOffice has one character for every line break. */
const inCsv = (text: string): string => neutralised(text).replace(/\r\n?/g, '\n');

const expected = (rows: Rows, written: (text: string) => string): Rows =>
  rows.map((row) => row.map((cell) => (typeof cell === 'string' ? written(cell) : cell)));

test('a workbook: every sheet, numbers as numbers, texts as texts, no formula', async () => {
  const [bytes] = await download(spoor, { ...question, format: 'xlsx' });
  const sheets = await shown({ 'export.xlsx': bytes });
  const names = sheetNames(tables.map(([name]) => name));
  expect(new Set(sheets.keys())).toEqual(new Set(['Summary', ...names].map((name) => `export-${name}`)));
  expect(sheets.get('export-Summary')).toEqual([['Field', 'Value'], ...expected(summary, inBook)]);
  tables.forEach(([, { header, rows }], index) => {
    expect(sheets.get(`export-${names[index]}`)).toEqual([header, ...expected(rows, inBook)]);
  });
});

test('a workbook of clicks: every cell, no formula', async () => {
  const fields = ['clicked_at', 'short_code', 'browser', 'city', 'referrer', 'redirect_ms', 'properties'];
  const file = async (format: string): Promise<Uint8Array> => {
    const query = new URLSearchParams({ format, owner_id: 'office', fields: fields.join() });
    const answer = await fetch(`${spoor.url}/api/v1/export/clicks?${query.toString()}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    expect(answer.status).toBe(200);
    return new Uint8Array(await answer.arrayBuffer());
  };
  const { items } = JSON.parse(Buffer.from(await file('json')).toString('utf8'));
  const [header, ...rows] = (await shown({ 'clicks.xlsx': await file('xlsx') })).get('clicks-Clicks') ?? [];
  expect(header).toEqual(fields);
  const inOrder = (some: Rows): Rows =>
    some.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const clicks = items.map((click: any) =>
    fields.map((name) => (name === 'properties' ? JSON.stringify(click[name]) : click[name])),
  );
  expect(inOrder(rows)).toEqual(inOrder(expected(clicks, inBook)));
});

describe('an archive of CSV files', () => {
  let files: Readonly<Record<string, Uint8Array>>;
  beforeAll(async () => {
    files = unzipSync((await download(spoor, { ...question, format: 'csv' }))[0]);
  });

  const sheetOf = (name: string): string => `${name}-${name}`;

  /** The columns' kinds as a person says them in the import's dialogue: 2 is text, 1 what LibreOffice finds in it. */
  const importing = (kinds: readonly number[]): string =>
    `CSV:44,34,76,1,${kinds.map((kind, index) => `${index + 1}/${kind}`).join('/')},0,false,false`;

  test('holds the same cells, its texts imported as texts', async () => {
    for (const width of new Set(tables.map(([, { header }]) => header.length))) {
      const some = tables.filter(([, { header }]) => header.length === width);
      const filter = importing(Array.from({ length: width }, (_, index) => (index < width - 2 ? 2 : 1)));
      const sheets = await shown(
        Object.fromEntries(some.map(([name]) => [`${name}.csv`, files[`${name}.csv`] ?? Buffer.alloc(0)])),
        filter,
      );
      for (const [name, { header, rows }] of some) {
        expect(sheets.get(sheetOf(name))).toEqual([header, ...expected(rows, inCsv)]);
      }
    }
    const sheets = await shown({ 'summary.csv': files['summary.csv'] ?? Buffer.alloc(0) }, importing([2, 2]));
    const asText = summary.map(([field, value]) => [String(field), value === null ? null : String(value)]);
    expect(sheets.get('summary-summary')).toEqual([['Field', 'Value'], ...asText]);
  });

  // Without being told it takes `007` for 7, and a date for one: only what might have been run is looked at.
  test('runs nothing when it is just opened', async () => {
    const sheets = await shown(files, 'CSV:44,34,76,1,,0,false,true,false,false,true');
    let guarded = 0;
    for (const [name, { header, rows }] of tables) {
      const cells = sheets.get(sheetOf(name)) ?? [];
      expect(cells).toHaveLength(rows.length + 1);
      expected([header, ...rows], inCsv).forEach((row, line) => {
        row.forEach((cell, column) => {
          if (typeof cell !== 'string' || !cell.startsWith("'")) return;
          guarded++;
          expect(cells[line]?.[column]).toBe(cell);
        });
      });
    }
    expect(guarded).toBeGreaterThan(20);
  });
});
