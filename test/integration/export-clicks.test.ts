import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Dictionary, tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import exceljs from 'exceljs';
import * as fc from '../support/fast-check.ts';
import { xml2js } from 'xml-js';
import { CLICK_COLUMN_NAMES, type ClickColumnName, clickColumnOf } from '../../src/click-rows/columns.ts';
import { CLICK_FORMAT_NAMES } from '../../src/export/click-formats.ts';
import { sql } from '../../src/sql/sql.ts';
import { readWithDuckDB } from '../support/duckdb.ts';
import { HOSTILE_TEXTS, allowedInXml, hostileClicks, neutralised } from '../support/exports.ts';
import { newFolder } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

type Click = Readonly<Record<string, unknown>>;

const FIRST = Date.parse('2025-03-01T00:00:00.001Z');
const FIELDS: readonly ClickColumnName[] = CLICK_COLUMN_NAMES;
const QUERY = { fields: FIELDS.join(), order: 'oldest', visitors: 'true', owner_id: 'nasty' };

/** Blanks alone are no city. */
const CITIES = HOSTILE_TEXTS.filter((text) => text.trim() !== '');

/** Of one of the URLs: what a tag may be of them. */
const TAGS = HOSTILE_TEXTS.filter((text) => /^[^\p{C}]{1,60}$/u.test(text) && text.trim() === text);

let spoor: TestSpoor;
/** As ClickHouse has them: instants are Unix milliseconds. */
let clicks: readonly Click[];
beforeAll(async () => {
  spoor = await startSpoor();
  const sent = [
    ...fc.sample(hostileClicks, 150),
    ...CITIES.map((city) => ({ short_code: '007', city, country: 'NA' })),
  ].map((click, place) => ({
    ...click,
    clicked_at: new Date(FIRST + place * 60_007).toISOString(),
    click_id: HOSTILE_TEXTS[place % HOSTILE_TEXTS.length]?.slice(0, 60),
    properties: JSON.parse(
      `{"plan": ${JSON.stringify(HOSTILE_TEXTS[place % 7])}, "=a,'\\"b": "ü", "__proto__": "x${place}"}`,
    ),
    is_bot: place % 3 === 0,
  }));
  const answer = await spoor.send('POST', '/api/v1/clicks', {
    key: await spoor.createKey('nasty'),
    json: sent,
  });
  expect([answer.status, answer.json.accepted]).toEqual([200, sent.length]);
  const tags = TAGS.slice(0, 20);
  expect((await spoor.send('PUT', '/api/v1/urls/007', { json: { tags } })).json.tags).toEqual(tags);
  clicks = (await storedClicks()).map((click) => ({
    ...click,
    tag: click['short_code'] === '007' ? tags : [],
  }));
  expect(clicks).toHaveLength(sent.length);
  expect(clicks.map(({ clicked_at: at }) => at)).toEqual(sent.map(({ clicked_at: at }) => Date.parse(at)));
  expect(clicks.slice(150).map(({ city }) => city)).toEqual(CITIES);
});
afterAll(() => spoor.stop());

/** The stored clicks, by a query of its own. */
async function storedClicks(): Promise<readonly Click[]> {
  const stored = [
    'short_code',
    'browser',
    'city',
    'country',
    'referrer',
    'click_id',
    'is_bot',
    'redirect_ms',
  ];
  const rows = await spoor.database.rows(sql`SELECT
    toUnixTimestamp64Milli(clicked_at), toUnixTimestamp64Milli(ingested_at), CAST(properties, 'Array(Tuple(String, String))'),
    lower(leftPad(hex(visitor), 16, '0')), short_code, browser, city, country, referrer, click_id, is_bot, redirect_ms
    FROM clicks WHERE owner_id = 'nasty' ORDER BY clicked_at`);
  return rows.map(([clicked_at, ingested_at, pairs, visitor, ...others]) => ({
    clicked_at,
    ingested_at,
    properties: Object.fromEntries((pairs as [string, string][]).toSorted(byKey)),
    visitor,
    ...Object.fromEntries(stored.map((name, place) => [name, others[place]])),
  }));
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

async function fileOf(
  query: Readonly<Record<string, string>>,
  key = ADMIN_KEY,
  headers: Readonly<Record<string, string>> = {},
) {
  const url = new URL('/api/v1/export/clicks', spoor.url);
  for (const [name, value] of Object.entries({ ...QUERY, ...query })) url.searchParams.set(name, value);
  const answer = await fetch(url, { headers: { ...headers, authorization: `Bearer ${key}` } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${answer.status} ${bytes.toString()}`);
  return { bytes, headers: answer.headers };
}

/** What is compared of a click that was read: the fields that are stored as they are, with maps in one order. */
function comparable(read: Click): Click {
  const [first] = clicks;
  return Object.fromEntries(
    Object.keys(first ?? {}).map((name) => {
      const value = read[name];
      const isMap = name === 'properties' && typeof value === 'object' && value !== null;
      return [name, isMap ? Object.fromEntries(Object.entries(value).toSorted(byKey)) : value];
    }),
  );
}

const isType = (name: string, type: string): boolean => clickColumnOf(name as ClickColumnName).type === type;

/** Whether a value is text in its JSON where there are no types. */
const isJson = (name: string): boolean => isType(name, 'map') || isType(name, 'list');

/** Clicks with a change to the values of each type. */
function mapped(all: readonly Click[], change: (name: string, value: any) => unknown): readonly Click[] {
  return all.map((click) =>
    Object.fromEntries(Object.entries(click).map(([name, value]) => [name, change(name, value)])),
  );
}

const asText = (name: string, value: any): unknown =>
  isType(name, 'time') ? new Date(value).toISOString() : value;

/** As a text of a cell: a map as its JSON, nothing as nothing. */
const inCell =
  (written: (text: string) => string) =>
  (name: string, value: any): unknown => {
    if (value === null) return '';
    if (isJson(name)) return JSON.stringify(value);
    return isType(name, 'text') ? written(value) : String(asText(name, value));
  };

/** Reads JSON again, so that the order of the keys of maps does not matter. */
const mapsInOrder = (cells: readonly Click[]): readonly Click[] =>
  mapped(cells, (name, value) => {
    if (name === 'tag') return JSON.stringify(JSON.parse(value));
    return name === 'properties'
      ? JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(value)).toSorted(byKey)))
      : value;
  });

describe('every format has every click, cell by cell', () => {
  test('parquet, by DuckDB: typed, compressed, in row groups', async () => {
    const { bytes } = await fileOf({ format: 'parquet' });
    const { types, rows } = await readWithDuckDB(bytes, 'a.parquet', (path) => `read_parquet(${path})`);
    expect(Object.keys(types)).toEqual(FIELDS);
    const kinds = { time: /^TIMESTAMP WITH TIME ZONE$/, text: /^VARCHAR$/, number: /^DOUBLE$/ } as const;
    const others = { boolean: /^BOOLEAN$/, map: /^MAP\(VARCHAR, VARCHAR\)$/, list: /^VARCHAR\[\]$/ } as const;
    for (const name of FIELDS) expect(types[name]).toMatch({ ...kinds, ...others }[clickColumnOf(name).type]);
    expect(rows.map(comparable)).toEqual(clicks);
    const { rows: columns } = await readWithDuckDB(
      bytes,
      'b.parquet',
      (path) => `(SELECT DISTINCT compression, row_group_num_rows <= 100000 FROM parquet_metadata(${path}))`,
    );
    expect(columns.map(Object.values)).toEqual([['ZSTD', true]]);
  });

  test('arrow, by apache-arrow: timestamps of UTC, texts that repeat as dictionaries', async () => {
    const table = tableFromIPC((await fileOf({ format: 'arrow' })).bytes);
    const typeOf = (name: string) => table.schema.fields.find((field) => field.name === name)?.type;
    expect(String(typeOf('clicked_at'))).toBe('Timestamp<MILLISECOND, UTC>');
    expect(
      ['browser', 'city', 'country', 'referrer'].map((name) => typeOf(name) instanceof Dictionary),
    ).toEqual([true, true, true, true]);
    const rows = table.toArray().map((row): Click => {
      const read: Record<string, any> = row.toJSON();
      return { ...read, properties: Object.fromEntries(read['properties']), tag: [...read['tag']] };
    });
    // It takes a byte order mark away from a text.
    const withoutMark = (value: unknown) =>
      typeof value === 'string' ? value.replace(/^\uFEFF/, '') : value;
    expect(mapped(rows.map(comparable), (_, value) => withoutMark(value))).toEqual(
      mapped(clicks, (_, value) => withoutMark(value)),
    );
  });

  test('ndjson, by JSON and DuckDB', async () => {
    const { bytes, headers } = await fileOf({ format: 'ndjson' });
    const lines = bytes.toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    const read = lines.map((line): Click => JSON.parse(line));
    expect(Object.keys(read[0] ?? {})).toEqual(FIELDS);
    expect(read.map(comparable)).toEqual(mapped(clicks, asText));
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="spoor_clicks_all_\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d\.ndjson"$/,
    );
    const columns = FIELDS.map((name) => {
      if (isType(name, 'map')) return `${name}: 'MAP(VARCHAR, VARCHAR)'`;
      return `${name}: '${isType(name, 'list') ? 'VARCHAR[]' : 'VARCHAR'}'`;
    });
    const { rows } = await readWithDuckDB(
      bytes,
      'a.ndjson',
      (path) => `read_ndjson(${path}, columns = {${columns.join(', ')}})`,
    );
    const texts = mapped(clicks, (name, value) =>
      value === null || isJson(name) ? value : String(asText(name, value)),
    );
    expect(rows.map(comparable)).toEqual(texts);
  });

  test.each([
    ['a guarded', 'formulas', neutralised],
    ['an exact', 'none', (text: string) => text],
  ])('csv, by three readers: %s file', async (_, escape, written) => {
    const { bytes, headers } = await fileOf({ format: 'csv', escape });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const expected = mapped(clicks, inCell(written));
    const byNode: readonly Click[] = parse(bytes, { columns: true, record_delimiter: '\r\n' });
    expect(Object.keys(byNode[0] ?? {})).toEqual(FIELDS);
    expect(mapsInOrder(byNode.map(comparable))).toEqual(expected);
    const file = join(newFolder(), 'a.csv');
    writeFileSync(file, bytes);
    const python = `import csv, json, sys
print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')))))`;
    const byPython: readonly Click[] = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', python, file], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    );
    expect(mapsInOrder(byPython.map(comparable))).toEqual(expected);
    const { rows } = await readWithDuckDB(
      bytes,
      'a.csv',
      (path) =>
        `read_csv(${path}, all_varchar = true, header = true, quote = '"', escape = '"', nullstr = '\\N')`,
    );
    expect(mapsInOrder(rows.map(comparable))).toEqual(expected);
  });

  test.each([
    ['guarded', 'formulas', neutralised],
    ['exact', 'none', (text: string) => text],
  ])('xlsx, by exceljs: %s', async (_, escape, written) => {
    const book = new exceljs.Workbook();
    await book.xlsx.load(Uint8Array.from((await fileOf({ format: 'xlsx', escape })).bytes).buffer);
    expect(book.worksheets.map(({ name }) => name)).toEqual(['Clicks']);
    const [header = [], ...rows] = (book.worksheets[0]?.getSheetValues() ?? [])
      .slice(1)
      .map((cells) => (Array.isArray(cells) ? FIELDS.map((__, place) => cells[place + 1] ?? '') : []));
    expect(header).toEqual(FIELDS);
    const read = rows.map((cells) => Object.fromEntries(cells.map((cell, place) => [FIELDS[place], cell])));
    const expected = mapped(clicks, (name, value) => {
      if (isType(name, 'number')) return value ?? '';
      return inCell((text) => allowedInXml(written(text)))(name, value);
    });
    expect(mapsInOrder(read.map(comparable))).toEqual(
      mapped(expected, (name, value) => (isJson(name) ? allowedInXml(String(value)) : value)),
    );
  });

  test('json and xml: a page of all', async () => {
    const page = JSON.parse((await fileOf({ format: 'json' })).bytes.toString('utf8'));
    expect(Object.keys(page)).toEqual(['items', 'next_cursor']);
    expect(page.next_cursor).toBeNull();
    expect(Object.keys(page.items[0])).toEqual(FIELDS);
    expect(page.items.map(comparable)).toEqual(mapped(clicks, asText));
    const xml: any = xml2js((await fileOf({ format: 'xml' })).bytes.toString('utf8'), {
      compact: true,
      textKey: 'text',
      captureSpacesBetweenElements: true,
    });
    const rows = xml.export.items.row.map((row: any) =>
      Object.fromEntries(FIELDS.map((name) => [name, row[name]?.text ?? ''])),
    );
    expect(mapsInOrder(rows.map(comparable))).toEqual(
      mapped(mapped(clicks, inCell(allowedInXml)), (name, value) =>
        isJson(name) ? allowedInXml(String(value)) : value,
      ),
    );
  });
});

describe('compression', () => {
  test.each([
    ['gzip', 'gz', 'application/gzip', (bytes: Buffer) => gunzipSync(bytes)],
    ['zstd', 'zst', 'application/zstd', (bytes: Buffer) => execFileSync('zstd', ['-dc'], { input: bytes })],
  ])('compress=%s: the file is one', async (compress, extension, type, unpacked) => {
    for (const format of ['ndjson', 'csv']) {
      const plain = await fileOf({ format }, ADMIN_KEY, { 'accept-encoding': 'identity' });
      const { bytes, headers } = await fileOf({ format, compress });
      expect([headers.get('content-type'), headers.get('content-encoding')]).toEqual([type, null]);
      expect(headers.get('content-disposition')).toContain(`.${format}.${extension}"`);
      expect(unpacked(bytes).equals(plain.bytes)).toBe(true);
    }
  });

  test('a query that fails is no file, and nothing of it is told', async () => {
    await spoor.onClickTables((table) => `RENAME TABLE ${table} TO clicks_away`);
    try {
      for (const compress of ['gzip', 'zstd']) {
        const query = { format: 'csv', compress, start_date: '2025-01-01' };
        const { status, text } = await spoor.send('GET', '/api/v1/export/clicks', { query });
        expect([compress, status >= 500, /SELECT|clicks_away|Exception/.test(text)]).toEqual([
          compress,
          true,
          false,
        ]);
      }
    } finally {
      await spoor.onClickTables((table) => `RENAME TABLE clicks_away TO ${table}`);
    }
  });

  test('on its way, where the client accepts that', async () => {
    const plain = await fileOf({ format: 'csv' }, ADMIN_KEY, { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const { bytes, headers } = await fileOf({ format: 'csv' }, ADMIN_KEY, { 'accept-encoding': 'gzip' });
    expect([headers.get('content-encoding'), headers.get('content-type')]).toEqual([
      'gzip',
      'text/csv; charset=utf-8',
    ]);
    expect(bytes.equals(plain.bytes)).toBe(true);
    expect([plain.headers.get('vary'), headers.get('vary')]).toEqual(['Accept-Encoding', 'Accept-Encoding']);
  });
});

describe('who and what', () => {
  const refusal = async (query: Readonly<Record<string, string>>, key: string | null = ADMIN_KEY) => {
    const { status, json } = await spoor.send('GET', '/api/v1/export/clicks', { query, key });
    return [status, json?.code, json?.field];
  };

  test('a key sees the clicks of its owner, with clicks:read, and visitors with visitors:read', async () => {
    const own = await spoor.createKey('nasty', ['clicks:read']);
    const query = { format: 'csv', fields: 'clicked_at' };
    const linesOf = async (key: string): Promise<number> => {
      const { text } = await spoor.send('GET', '/api/v1/export/clicks', { query, key });
      return text.split('\r\n').length - 2;
    };
    expect(await linesOf(own)).toBe(clicks.length);
    expect(await linesOf(await spoor.createKey('stranger', ['clicks:read']))).toBe(0);
    expect((await refusal(query, await spoor.createKey('nasty', ['stats:read'])))[0]).toBe(403);
    expect((await refusal({ ...query, owner_id: 'nasty' }, own))[0]).toBe(403);
    expect((await refusal({ format: 'csv', visitors: 'true' }, own))[0]).toBe(403);
    const both = await spoor.createKey('nasty', ['clicks:read', 'visitors:read']);
    const { text } = await spoor.send('GET', '/api/v1/export/clicks', {
      query: { format: 'csv', visitors: 'true' },
      key: both,
    });
    expect(text.split('\r\n')[0]).toMatch(/,"visitor"$/);
    expect(await refusal(query, null)).toEqual([401, 'authentication_error', undefined]);
  });

  test('filters and range narrow it', async () => {
    const query = { ...QUERY, format: 'ndjson', country: 'NA', start_date: String(FIRST), fields: 'city' };
    const { text } = await spoor.send('GET', '/api/v1/export/clicks', { query });
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).city),
    ).toEqual(clicks.filter(({ country }) => country === 'NA').map(({ city }) => city));
  });

  test('wrong parameters are refused', async () => {
    for (const format of [undefined, 'pdf']) {
      expect(await refusal(format === undefined ? {} : { format })).toEqual([
        422,
        'validation_error',
        'format',
      ]);
    }
    for (const [name, value] of Object.entries({
      compress: 'bzip2',
      escape: 'all',
      fields: 'planet',
      order: 'random',
      visitors: 'yes',
      group_by: 'city',
      limit: '1',
    })) {
      expect(await refusal({ format: 'csv', [name]: value })).toEqual([400, 'validation_error', name]);
    }
    for (const format of CLICK_FORMAT_NAMES.filter((name) => name !== 'csv' && name !== 'ndjson')) {
      expect(await refusal({ format, compress: 'gzip' })).toEqual([400, 'validation_error', 'compress']);
    }
  });
});
