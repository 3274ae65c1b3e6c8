import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import exceljs from 'exceljs';
import * as fc from '../support/fast-check.ts';
import { unzipSync } from 'fflate';
import { type Element, xml2js } from 'xml-js';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import { INTERVAL_NAMES, type IntervalName } from '../../src/stats/registry/intervals.ts';
import { METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import { readWithDuckDB } from '../support/duckdb.ts';
import { SEED } from '../support/random.ts';
import {
  HOSTILE_CODES,
  HOSTILE_TEXTS,
  type Query,
  type Rows,
  allowedInXml,
  download,
  hostileClicks,
  hostileMoments,
  longTableOf,
  neutralised,
  sheetNames,
  tablesOf,
} from '../support/exports.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const DAY = 86_400_000;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

async function exportJson(query: Query, key: string | null = ADMIN_KEY): Promise<any> {
  const [bytes] = await download(spoor, { ...query, format: 'json' }, key);
  return JSON.parse(textOf(bytes));
}

async function stats(query: Query, key: string | null = ADMIN_KEY): Promise<any> {
  const { status, json, text } = await spoor.send('GET', '/api/v1/stats', { query, key });
  if (status !== 200) throw new Error(`${status} ${text}`);
  return json;
}

/** Bytes as UTF-8; wrong ones and a byte order mark are not passed over. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function readCsv(bytes: Uint8Array): Readonly<Record<string, Rows>> {
  const files = Object.entries(unzipSync(bytes));
  return Object.fromEntries(
    files.map(([name, data]): [string, Rows] => {
      const text = textOf(data);
      if (!text.endsWith('\r\n')) throw new Error('The last record has no end.');
      return [name, parse(text, { record_delimiter: '\r\n' })];
    }),
  );
}

interface ReadSheet {
  readonly rows: Rows;
  readonly isHeaderBold: boolean;
  readonly isBodyBold: boolean;
}

async function readXlsx(bytes: Uint8Array): Promise<Readonly<Record<string, ReadSheet>>> {
  const book = new exceljs.Workbook();
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  await book.xlsx.load(copy);
  return Object.fromEntries(
    book.worksheets.map((sheet): [string, ReadSheet] => {
      const rows: (string | number | null)[][] = [];
      const bold = { header: true, body: false };
      sheet.eachRow({ includeEmpty: true }, (row, number) => {
        const cells: (string | number | null)[] = [];
        row.eachCell({ includeEmpty: true }, (cell) => {
          const { value } = cell;
          if (value !== null && typeof value !== 'string' && typeof value !== 'number') {
            throw new Error(`A cell that is neither text nor number: ${JSON.stringify(value)}`);
          }
          cells.push(value);
          const isBold = cell.font?.bold === true;
          if (number === 1) bold.header &&= isBold;
          else bold.body ||= isBold;
        });
        rows.push(cells);
      });
      return [sheet.name, { rows, isHeaderBold: bold.header, isBodyBold: bold.body }];
    }),
  );
}

/** An element as `[name, …children]`, a text as itself. */
type Tree = string | readonly Tree[];

function readXml(bytes: Uint8Array): Tree {
  const text = textOf(bytes);
  if (/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/.test(text)) throw new Error('Not a character of XML 1.0.');
  const document = xml2js(text, { compact: false, captureSpacesBetweenElements: true });
  const treeOf = ({ type, name, elements, text: own }: Element): Tree =>
    type === 'element' ? [name ?? '', ...(elements ?? []).map(treeOf)] : String(own);
  const root = document['elements']?.find(({ type }: Element) => type === 'element');
  if (root === undefined) throw new Error('No element.');
  return treeOf(root);
}

/** A value of an answer as it must stand in XML. */
function treeOf(name: string, value: unknown): readonly Tree[] {
  if (value === null) return [name];
  if (Array.isArray(value)) return [name, ...value.map((item: unknown) => treeOf('row', item))];
  if (value !== undefined && typeof value === 'object') {
    return [name, ...Object.entries(value).map(([key, field]) => treeOf(key, field))];
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' ? [name] : [name, allowedInXml(text)];
}

const withoutTime = (answer: any): any => ({ ...answer, generated_at: undefined });

/** Compares the files of all formats with an answer, cell by cell. */
async function expectAllFormats(query: Query, answer: any, key: string | null = ADMIN_KEY): Promise<void> {
  const { previous } = answer;
  const before = previous?.metrics ? tablesOf({ group_by: ['time'], metrics: previous.metrics }) : [];
  const tables = [
    ...tablesOf(answer, query['other'] === 'true' && query['limit'] !== undefined),
    ...before.map(([name, table]) => [`previous_${name}`, table] as const),
  ];

  const json = await exportJson(query, key);
  expect(withoutTime(json)).toEqual(withoutTime(answer));
  expect(JSON.stringify(withoutTime(json))).toBe(JSON.stringify(withoutTime(answer)));

  const [xml] = await download(spoor, { ...query, format: 'xml' }, key);
  const [root, ...fields] = readXml(xml);
  const expected = treeOf('export', answer).slice(1);
  const isTime = (tree: Tree): boolean => tree[0] === 'generated_at';
  expect(root).toBe('export');
  expect(fields.filter((tree) => !isTime(tree))).toEqual(expected.filter((tree) => !isTime(tree)));

  const long = longTableOf(answer, query['other'] === 'true' && query['limit'] !== undefined);
  const [lines] = await download(spoor, { ...query, format: 'ndjson' }, key);
  const objects = textOf(lines).split('\n');
  expect(objects.pop()).toBe('');
  expect(objects.map((line) => Object.entries(JSON.parse(line)))).toEqual(long.map(Object.entries));
  const [parquet] = await download(spoor, { ...query, format: 'parquet' }, key);
  const table = await readWithDuckDB(parquet, 'table.parquet', (path) => `read_parquet(${path})`);
  expect(table.rows.map(Object.entries)).toEqual(long.map(inParquet).map(Object.entries));

  const [zip] = await download(spoor, { ...query, format: 'csv' }, key);
  const fieldsOf = (fields: object) => Object.entries<string | number | null>({ ...fields });
  const summary = fieldsOf(answer.summary);
  const summaryBefore = previous ? fieldsOf({ ...previous.time_range, ...previous.summary }) : undefined;
  const inCsv = (rows: Rows): Rows =>
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? neutralised(cell) : String(cell ?? ''))));
  expect(Object.entries(readCsv(zip))).toEqual([
    ['summary.csv', [['Field', 'Value'], ...inCsv(summary)]],
    ...(summaryBefore ? [['previous_summary.csv', [['Field', 'Value'], ...inCsv(summaryBefore)]]] : []),
    ...tables.map(([name, { header, rows }]) => [`${name}.csv`, [header, ...inCsv(rows)]]),
  ]);

  const [workbook] = await download(spoor, { ...query, format: 'xlsx' }, key);
  const sheets = await readXlsx(workbook);
  const names = sheetNames(tables.map(([name]) => name));
  const summaries = { Summary: summary, ...(summaryBefore && { 'Previous summary': summaryBefore }) };
  expect(Object.keys(sheets)).toEqual([...Object.keys(summaries), ...names]);
  const inSheet = (rows: Rows): Rows =>
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? allowedInXml(neutralised(cell)) : cell)));
  for (const [name, shown] of Object.entries(summaries)) {
    expect(withoutTrailingNulls(sheets[name]?.rows ?? [])).toEqual(
      withoutTrailingNulls([['Field', 'Value'], ...inSheet(shown)]),
    );
  }
  tables.forEach(([, { header, rows }], index) => {
    const sheet = sheets[names[index] ?? ''];
    expect(sheet).toMatchObject({ isHeaderBold: true, isBodyBold: false });
    expect(withoutTrailingNulls(sheet?.rows ?? [])).toEqual(withoutTrailingNulls([header, ...inSheet(rows)]));
  });
}

/** Instants are timestamps there. */
function inParquet(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isInstant = (name: string): boolean => /^(bucket_start|(first|last)_click(_previous)?)$/.test(name);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      isInstant(name) && typeof value === 'string' ? Date.parse(value) : value,
    ]),
  );
}

/** A sheet does not hold the cells behind a row's last one that has a value. */
function withoutTrailingNulls(rows: Rows): Rows {
  return rows.map((row) => row.slice(0, row.findLastIndex((cell) => cell !== null) + 1));
}

describe('every format holds the answer to the same question', () => {
  const ZONES = [
    ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu', 'Asia/Calcutta'],
  ].flat();

  /** So that there are some hundreds of buckets: each becomes a row of every format. */
  const LONGEST: Partial<Record<IntervalName, number>> = {
    minute: DAY / 4,
    '10_minute': 2 * DAY,
    hour: 10 * DAY,
    day: 400 * DAY,
  };

  const question = fc
    .record({
      isAnon: fc.boolean(),
      code: fc.constantFrom(...HOSTILE_CODES),
      start: hostileMoments,
      length: fc.oneof(
        fc.nat(3 * DAY),
        fc.nat(60 * DAY),
        fc.nat(400 * DAY),
        fc.constantFrom(0, 3_600_000, 15 * 365 * DAY),
      ),
      timezone: fc.constantFrom(...ZONES),
      dimensions: fc.shuffledSubarray(
        ['time', 'browser', 'os', 'country', 'city', 'referrer', 'short_code'],
        { minLength: 1, maxLength: 4 },
      ),
      metrics: fc.option(fc.shuffledSubarray([...METRIC_NAMES], { minLength: 1, maxLength: 3 })),
      interval: fc.option(fc.constantFrom(...INTERVAL_NAMES)),
      breakdown: fc.option(fc.boolean()),
      bots: fc.option(fc.constantFrom('include', 'exclude', 'only')),
      compare: fc.option(fc.constantFrom('previous', 'year', '2025-03-08/2025-03-10'), { freq: 1 }),
      limit: fc.option(fc.constantFrom(1, 2, 3, 7, 1_000)),
      offset: fc.option(fc.constantFrom(1, 3), { freq: 2 }),
      other: fc.option(fc.boolean()),
      sort: fc.option(fc.constantFrom('-last_click', 'p50_redirection_time'), { freq: 2 }),
      filters: fc.oneof(
        { weight: 3, arbitrary: fc.constant({}) },
        fc.record({ browser: fc.array(fc.constantFrom(...HOSTILE_TEXTS), { minLength: 1, maxLength: 20 }) }),
        fc.record({ country: fc.constantFrom('DE', 'United States'), referrer: fc.constant('google.com') }),
      ),
    })
    .filter(({ interval, length }) => interval === null || length < (LONGEST[interval] ?? Infinity))
    .map(({ isAnon, code, start, length, dimensions, filters, ...rest }) => {
      const groupBy = dimensions.filter((name) => !isAnon || name !== 'short_code');
      const chosen = Object.entries(rest).filter(([, value]) => value !== null);
      const end = Math.min(start + length, Date.parse('2026-01-15T00:00Z'));
      return {
        limit: rest.limit,
        query: {
          start_date: String(start),
          end_date: String(end),
          group_by: groupBy.length === 0 ? 'time' : groupBy.join(','),
          filters: JSON.stringify(filters),
          ...Object.fromEntries(chosen.map(([name, value]) => [name, String(value)])),
          ...(isAnon ? { scope: 'anon', short_code: code } : { owner_id: 'hostile' }),
        } satisfies Query,
      };
    });

  test(`random questions (SPOOR_TEST_SEED=${SEED})`, async () => {
    const key = await spoor.createKey('hostile');
    // Every code, so that every URL is known.
    const all = fc
      .sample(hostileClicks, 150)
      .map((one, index) => ({ ...one, short_code: HOSTILE_CODES[index] ?? one.short_code }));
    const sent = await spoor.send('POST', '/api/v1/clicks', { key, json: all });
    expect([sent.status, sent.json]).toEqual([200, { accepted: all.length, rejected: [] }]);
    // Whatever is drawn, one is about many clicks.
    const everything = {
      start_date: '2011-01-01',
      end_date: '2026-01-01',
      group_by: 'browser,city',
      owner_id: 'hostile',
      filters: '{}',
    };
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(question, async ({ query, limit }) => {
        const answer = await stats({ ...query, limit: String(limit ?? 10_000) });
        for (const [, table] of tablesOf(answer)) rows += table.rows.length;
        await expectAllFormats(query, answer);
      }),
      { numRuns: 8, examples: [[{ query: everything, limit: null }]] },
    );
    expect(rows).toBeGreaterThan(30);
  }, 300_000);

  test('nothing in the range: zeros, empty lists, null as nothing', async () => {
    await spoor.send('PUT', '/api/v1/urls/nothing', { json: { owner_id: 'empty' } });
    const query = {
      scope: 'anon',
      short_code: 'nothing',
      start_date: '2025-01-01',
      end_date: '2025-01-03',
      group_by: 'browser,time',
    };
    const others = { ...query, metrics: METRIC_NAMES.join(','), limit: '1', other: 'true' };
    for (const each of [query, others]) {
      const answer = await stats(each);
      expect(answer.summary.total_clicks).toBe(0);
      await expectAllFormats(each, answer);
    }
  });

  test.each(['browser,time', 'browser'])('no period before the range, by %s: null', async (group_by) => {
    const range = { start_date: '2000-01-01', end_date: '2000-01-02', compare: 'previous', group_by };
    for (const each of [range, { ...range, metrics: METRIC_NAMES.join(',') }]) {
      const answer = await stats(each);
      expect(answer.previous).toBeNull();
      await expectAllFormats(each, answer);
    }
  });

  test.each(['time', 'time,browser', 'weekday'])(
    'every metric where one of two periods has no click, by %s',
    async (group_by) => {
      const clicked = ['2026-01-02T10:00Z', '2026-01-04T10:00Z', '2025-01-03T10:00Z', '2025-01-04T10:00Z'];
      const clicks = clicked.map((clicked_at) => ({ short_code: 'two periods', clicked_at }));
      await spoor.send('POST', '/api/v1/clicks', { json: clicks });
      for (const other of ['false', 'true']) {
        const query = {
          scope: 'anon',
          short_code: 'two periods',
          start_date: '2026-01-01',
          end_date: '2026-01-05',
          timezone: 'Asia/Kathmandu',
          compare: 'year',
          metrics: METRIC_NAMES.join(','),
          group_by,
          other,
        };
        await expectAllFormats(query, await stats(query));
      }
    },
  );

  test('texts that mean something else inside a workbook are texts', async () => {
    const cities = ['_x003D_1+1', '_x0041_x0042_', '_x005F_', '_x000D_', 'x_x', '&#65;'];
    const clicks = cities.map((city) => ({ short_code: 'xstring', city, clicked_at: '2025-01-01' }));
    await spoor.send('POST', '/api/v1/clicks', { json: clicks });
    const query = { scope: 'anon', short_code: 'xstring', group_by: 'city', start_date: '2025-01-01' };
    const [bytes] = await download(spoor, { ...query, end_date: '2025-01-02', format: 'xlsx' });
    const { clicks_by_city: sheet } = await readXlsx(bytes);
    expect(new Set(sheet?.rows.slice(1).map(([city]) => city))).toEqual(new Set(cities));
  });

  test('all dimensions, their breakdown and all metrics: many lists, with names too long for sheets', async () => {
    const query = {
      owner_id: 'hostile',
      start_date: '2011-01-01',
      end_date: '2026-01-01',
      group_by: 'time,browser,os,country,city,referrer,short_code',
      breakdown: 'true',
      metrics: METRIC_NAMES.join(','),
    };
    await expectAllFormats(query, await stats({ ...query, limit: '10000' }));
  });
});

describe('beside what an answer holds', () => {
  const WIDE = 'wide';
  beforeAll(async () => {
    await spoor.send('PUT', `/api/v1/urls/${WIDE}`, { json: { owner_id: 'wide' } });
    const clicks = Array.from({ length: 1_500 }, (_, index) => ({
      short_code: WIDE,
      city: `City ${index}`,
      clicked_at: '2025-01-01T12:00Z',
    }));
    const sent = await spoor.send('POST', '/api/v1/clicks', { json: clicks });
    expect(sent.json.accepted).toBe(1_500);
  });
  const wide = { owner_id: 'wide', start_date: '2025-01-01', end_date: '2025-01-02', group_by: 'city' };

  test('without a limit all groups come, with one so many', async () => {
    const whole = await exportJson(wide);
    expect(whole.metrics.clicks_by_city).toHaveLength(1_500);
    expect(whole.group_counts).toEqual({ city: 1_500 });
    const cut = await exportJson({ ...wide, limit: '1200' });
    expect(cut.metrics.clicks_by_city).toEqual(whole.metrics.clicks_by_city.slice(0, 1_200));
    expect(cut.group_counts).toEqual({ city: 1_500 });
    const { status, json } = await spoor.send('GET', '/api/v1/export', {
      query: { ...wide, format: 'json', limit: '10001' },
    });
    expect([status, json.field]).toEqual([400, 'limit']);
  });

  test('more than 10,000 buckets, which an answer refuses', async () => {
    const query = {
      ...wide,
      group_by: 'time',
      interval: '10_minute',
      start_date: '2025-01-01',
      end_date: '2025-04-10',
    };
    expect((await spoor.send('GET', '/api/v1/stats', { query })).status).toBe(400);
    const { metrics } = await exportJson(query);
    expect(metrics.clicks_by_time).toHaveLength(100 * 144);
    const counted = metrics.clicks_by_time.filter((row: any) => row.clicks > 0);
    expect(counted).toEqual([
      {
        time: '2025-01-01 12:00',
        bucket_start: '2025-01-01T12:00:00.000+00:00',
        clicks: 1_500,
        clicks_percentage: 100,
      },
    ]);
    expect(metrics.clicks_by_time.at(-1).time).toBe('2025-04-10 23:50');
    const [lines] = await download(spoor, { ...query, format: 'ndjson' });
    expect(
      textOf(lines)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).bucket_start),
    ).toEqual(metrics.clicks_by_time.map((row: any) => row.bucket_start));
  });
});

describe('properties, whose names clients choose', () => {
  const KEYS = [
    'plan',
    'a/../../b',
    'a\\b',
    'it\'s [x]: "?*',
    '<&>',
    '=1+1,2',
    '__proto__',
    'país 😀',
    'x'.repeat(128),
  ];
  const DIMENSIONS = KEYS.map((key) => `property.${key}`);
  const question = {
    owner_id: 'properties',
    start_date: '2025-01-01',
    end_date: '2025-01-02',
    group_by: DIMENSIONS.map((name) => name.replaceAll(',', '\\,')).join(','),
    metrics: 'clicks',
  };
  beforeAll(async () => {
    await spoor.send('PUT', '/api/v1/urls/properties', { json: { owner_id: 'properties' } });
    const clicks = KEYS.map((key, index) => ({
      short_code: 'properties',
      clicked_at: '2025-01-01T12:00Z',
      ip: `192.0.2.${index}`,
      browser: 'Chrome',
      // What looks like a column is the property alone.
      properties: JSON.parse(`{${JSON.stringify(key)}: "007", "browser": "mine"}`),
    }));
    const sent = await spoor.send('POST', '/api/v1/clicks', { json: clicks });
    expect([sent.json.accepted, sent.json.warnings]).toEqual([KEYS.length, undefined]);
  });

  test('are lists of their own, by text, and (none) for clicks without one', async () => {
    const { metrics, group_by: names, group_counts: counts } = await stats(question);
    expect(names).toEqual(DIMENSIONS);
    for (const name of DIMENSIONS) {
      expect(metrics[`clicks_by_${name}`]).toEqual([
        { [name]: '(none)', clicks: KEYS.length - 1, clicks_percentage: 88.89 },
        { [name]: '007', clicks: 1, clicks_percentage: 11.11 },
      ]);
      expect(counts[name]).toBe(2);
    }
    const browser = await stats({ ...question, group_by: 'browser,property.browser' });

    expect(browser.metrics['clicks_by_browser_property.browser']).toMatchObject([
      { browser: 'Chrome', 'property.browser': 'mine', clicks: KEYS.length },
    ]);
  });

  test.each(KEYS)('filter: %s', async (key) => {
    const name = `property.${key}`;
    for (const filter of [
      { [name]: '007' },
      { [`${name}.is_not`]: '(none)' },
      { filters: JSON.stringify({ [name]: ['007'] }) },
      { filters: JSON.stringify(['starts_with', name, ['00']]) },
    ]) {
      const { summary } = await stats({ ...question, ...filter, group_by: 'time' });
      expect([filter, summary.total_clicks]).toEqual([filter, 1]);
    }
    const { json } = await spoor.send('POST', '/api/v1/stats/query', {
      json: { ...question, group_by: [name], [name]: ['007'] },
    });
    expect([json.group_by, json.summary.total_clicks]).toEqual([[name], 1]);
  });

  test('name files, sheets and elements that every reader takes', async () => {
    const answer = await exportJson(question);
    expect(answer.metrics).toEqual((await stats(question)).metrics);
    const files = Object.keys(readCsv((await download(spoor, { ...question, format: 'csv' }))[0]));
    expect(files).toHaveLength(KEYS.length + 1);
    for (const file of files) expect(file).toMatch(/^[^:\\/?*"<>|]+\.csv$/);
    const [workbook] = await download(spoor, { ...question, format: 'xlsx' });
    const book = new exceljs.Workbook();
    await book.xlsx.load(Uint8Array.from(workbook).buffer);
    expect(book.worksheets).toHaveLength(KEYS.length + 1);
    expect(book.worksheets.map((sheet) => sheet.getCell('A1').value)).toEqual(['Field', ...DIMENSIONS]);
    const xml = textOf((await download(spoor, { ...question, format: 'xml' }))[0]);
    expect(xml).toContain(
      '<clicks_by_property.a_x002F_.._x002F_.._x002F_b><row><property.a_x002F_.._x002F_.._x002F_b>(none)<',
    );
    expect(() => xml2js(xml)).not.toThrow();
  });

  test.each([
    ['property.', 'property.', 400],
    [`property.${'x'.repeat(129)}`, `property.${'x'.repeat(129)}`, 400],
    ['property.a\tb', 'property.a\tb', 400],
  ])('%j is none', async (name) => {
    const grouped = await spoor.send('GET', '/api/v1/stats', { query: { group_by: name } });
    expect([grouped.status, grouped.json.field]).toEqual([422, 'group_by']);
    for (const query of [{ [name]: 'x' }, { filters: JSON.stringify({ [name]: ['x'] }) }]) {
      const { status } = await spoor.send('GET', '/api/v1/stats', { query });
      expect([query, status]).toEqual([query, 400]);
    }
  });

  test('more than ten to group by are refused', async () => {
    const group_by = Array.from({ length: 11 }, (_, index) => `property.p${index}`).join(',');
    const { status, json } = await spoor.send('GET', '/api/v1/stats', { query: { group_by } });
    expect([status, json.field]).toEqual([400, 'group_by']);
  });
});

describe('the default start', () => {
  const start = async (query: Query): Promise<string> => {
    const answer = await exportJson({ end_date: '2025-06-30T00:00:00Z', ...query });
    return new Date(answer.time_range.start_date).toISOString();
  };
  beforeAll(async () => {
    for (const [code, owner_id, created_at] of [
      ['made-first', 'starter', '2025-05-01T00:00:00Z'],
      ['clicked-first', 'starter', '2025-05-20T00:00:00Z'],
      ['never', 'silent', '2025-05-25T00:00:00Z'],
    ] as const) {
      const put = await spoor.send('PUT', `/api/v1/urls/${code}`, { json: { owner_id, created_at } });
      expect(put.status).toBe(201);
    }
    const clicks = [
      { short_code: 'made-first', clicked_at: '2025-05-10T00:00:00.123Z', browser: 'Opera' },
      { short_code: 'made-first', clicked_at: '2025-06-01T00:00:00Z', browser: 'Chrome' },
      { short_code: 'clicked-first', clicked_at: '2025-05-15T00:00:00.456Z', browser: 'Chrome' },
    ];
    expect((await spoor.send('POST', '/api/v1/clicks', { json: clicks })).json.accepted).toBe(3);
  });

  test('of one URL is its creation or its oldest click, whichever is earlier, whatever the filters', async () => {
    const anon = (short_code: string) => ({ scope: 'anon', short_code });
    expect(await start(anon('made-first'))).toBe('2025-05-01T00:00:00.000Z');
    expect(await start(anon('clicked-first'))).toBe('2025-05-15T00:00:00.456Z');
    expect(await start({ ...anon('clicked-first'), browser: 'Nothing', bots: 'only' })).toBe(
      '2025-05-15T00:00:00.456Z',
    );
  });

  test("of an owner is the oldest click of the owner's, whatever the filters", async () => {
    const oldest = '2025-05-10T00:00:00.123Z';
    expect(await start({ owner_id: 'starter' })).toBe(oldest);
    expect(await start({ owner_id: 'starter', browser: 'Chrome', short_code: 'clicked-first' })).toBe(oldest);
    const key = await spoor.createKey('starter');
    const answer = await exportJson({ timezone: 'Asia/Kathmandu' }, key);
    expect(answer.time_range.start_date).toBe('2025-05-10T05:45:00.123+05:45');
    expect(answer.summary.total_clicks).toBe(3);
  });

  test('of an owner without clicks lies 7 days before the end', async () => {
    expect(await start({ owner_id: 'silent' })).toBe('2025-06-23T00:00:00.000Z');
  });

  test('is not after the end', async () => {
    expect(await start({ owner_id: 'starter', end_date: '2025-01-01T00:00:00Z' })).toBe(
      '2025-01-01T00:00:00.000Z',
    );
  });

  test('decides about the interval as a given one does', async () => {
    const answer = await exportJson({ owner_id: 'starter', end_date: '2025-06-30T00:00:00Z' });
    expect(answer.time_bucket_info.strategy).toBe('daily');
    const longer = await exportJson({ owner_id: 'starter', end_date: '2025-12-30T00:00:00Z' });
    expect(longer.time_bucket_info.strategy).toBe('weekly');
  });
});

describe('the file', () => {
  const TYPES = {
    csv: ['zip', 'application/zip'],
    xlsx: ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    json: ['json', 'application/json'],
    xml: ['xml', 'application/xml'],
    parquet: ['parquet', 'application/vnd.apache.parquet'],
    ndjson: ['ndjson', 'application/x-ndjson'],
  } as const;
  const CODES = [
    'plain-code',
    'a/b\\c"d',
    "it's; x=1",
    '../../etc/passwd',
    'ünï😀',
    '%0d%0aX: y',
    'x'.repeat(128),
  ];
  beforeAll(async () => {
    const clicks = CODES.map((short_code) => ({ short_code, clicked_at: '2025-01-01' }));
    const sent = await spoor.send('POST', '/api/v1/clicks', { json: clicks });
    expect(sent.json.accepted).toBe(CODES.length);
  });

  test.each(EXPORT_FORMAT_NAMES)('%s: type, extension, code and range', async (format) => {
    const range = { start_date: '2025-01-01', end_date: '2025-02-03', format };
    const [extension, type] = TYPES[format];
    const [, headers] = await download(spoor, { ...range, scope: 'anon', short_code: 'plain-code' });
    expect(headers.get('content-type')?.split(';')[0]).toBe(type);
    const disposition = headers.get('content-disposition') ?? '';
    for (const part of ['plain-code', '2025-01-01', '2025-02-03']) expect(disposition).toContain(part);
    expect(disposition).toMatch(new RegExp(`^attachment; filename="[A-Za-z0-9._-]+\\.${extension}"$`));
    const [, all] = await download(spoor, range);
    expect(all.get('content-disposition')).toMatch(/filename="[^"]*_all_[^"]*"$/);
  });

  test.each(CODES)('a safe name for %j', async (short_code) => {
    const [, headers] = await download(spoor, { scope: 'anon', short_code, format: 'json' });
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="[A-Za-z0-9_][A-Za-z0-9._-]{0,120}\.json"$/,
    );
  });

  test('HEAD has the headers and no body', async () => {
    const { status, headers, text } = await spoor.send('HEAD', '/api/v1/export', {
      query: { format: 'csv', owner_id: '*' },
    });
    expect([status, headers.get('content-type'), text]).toEqual([200, 'application/zip', '']);
  });
});

describe('a refusal', () => {
  let owner: string;
  let stranger: string;
  let writer: string;
  beforeAll(async () => {
    owner = await spoor.createKey('walled');
    stranger = await spoor.createKey('stranger');
    writer = await spoor.createKey('walled', ['clicks:write']);
    const clicks = [
      { short_code: 'walled-private', clicked_at: '2025-01-01', city: 'Hidden' },
      { short_code: 'walled-public', clicked_at: '2025-01-01', city: 'Open' },
    ];
    await spoor.send('POST', '/api/v1/clicks', { key: owner, json: clicks });
    await spoor.send('PUT', '/api/v1/urls/walled-public', { key: owner, json: { private_stats: false } });
  });
  const refusal = async (query: Query, key: string | null = ADMIN_KEY, method = 'GET') => {
    const { status, json } = await spoor.send(method, '/api/v1/export', { query, key });
    return [status, json?.code, json?.field];
  };
  const anon = (short_code: string) => ({ scope: 'anon', short_code });

  test('a format that is missing or another', async () => {
    for (const format of [undefined, '', 'pdf', 'JSON5', 'csv,json', 'constructor']) {
      const query = format === undefined ? {} : { format };
      expect(await refusal(query)).toEqual([422, 'validation_error', 'format']);
    }
    expect((await refusal({ format: ['csv', 'xml'] }))[0]).toBe(400);
  });

  test('parameters, as for an answer', async () => {
    const format = 'csv';
    expect(await refusal({ format, group_by: 'planet' })).toEqual([422, 'validation_error', 'group_by']);
    expect(await refusal({ format, timezone: 'Mars' })).toEqual([400, 'validation_error', 'timezone']);
    expect(await refusal({ format, filters: '{' })).toEqual([400, 'validation_error', 'filters']);
    expect(await refusal({ format, start_date: '2025-02-01', end_date: '2025-01-01' })).toEqual([
      400,
      'validation_error',
      'start_date',
    ]);
  });

  test('in the order: route, key, parameters, scope of the key, URL, its privacy', async () => {
    expect((await refusal({}, 'spoo_nobody', 'POST'))[0]).toBe(405);
    expect((await refusal({ format: 'pdf' }, 'spoo_nobody'))[0]).toBe(401);
    expect((await refusal({ format: 'pdf' }, null))[0]).toBe(401);
    expect((await refusal({ format: 'pdf', ...anon('unknown') }, writer))[0]).toBe(422);
    expect((await refusal({ format: 'csv', ...anon('unknown') }, writer))[0]).toBe(403);
    expect((await refusal({ format: 'csv', ...anon('unknown') }, owner))[0]).toBe(404);
    expect((await refusal({ format: 'csv', ...anon('unknown') }, null))[0]).toBe(404);
    expect((await refusal({ format: 'csv', ...anon('walled-private') }, null))[0]).toBe(401);
    expect((await refusal({ format: 'csv', ...anon('walled-private') }, stranger))[0]).toBe(403);
  });

  test('nobody exports what is not theirs', async () => {
    expect((await refusal({ format: 'json', owner_id: 'walled' }, stranger))[0]).toBe(403);
    expect((await refusal({ format: 'json', owner_id: '*' }, stranger))[0]).toBe(403);
    const query = { group_by: 'city', short_code: 'walled-private' };
    expect((await exportJson(query, stranger)).summary.total_clicks).toBe(0);
    for (const format of EXPORT_FORMAT_NAMES.filter((name) => name === 'json' || name === 'xml')) {
      const [bytes] = await download(spoor, { group_by: 'city,short_code', format }, stranger);
      expect(textOf(bytes)).not.toMatch(/Hidden|Open|walled/);
    }
    const own = await exportJson({ group_by: 'city' }, owner);
    expect(own.metrics.clicks_by_city.map((row: any) => row.city).toSorted()).toEqual(['Hidden', 'Open']);
    const open = await exportJson({ ...anon('walled-public'), group_by: 'city' }, null);
    expect(open.summary.total_clicks).toBe(1);
  });
});

test('an export is one consistent view while clicks pour in', async () => {
  const pouringEnds = new AbortController();
  const pour = async (): Promise<void> => {
    for (let round = 0; !pouringEnds.signal.aborted; round++) {
      const clicks = Array.from({ length: 20 }, (_, index) => ({
        short_code: 'pouring',
        browser: `B${(round + index) % 7}`,
        os: `O${index % 3}`,
        clicked_at: '2025-01-01',
        ip: `192.0.2.${index}`,
      }));
      await spoor.send('POST', '/api/v1/clicks', { json: clicks });
    }
  };
  await spoor.send('POST', '/api/v1/clicks', { json: { short_code: 'pouring', clicked_at: '2025-01-01' } });
  const pouring = [pour(), pour()];
  const totals = new Set<number>();
  try {
    // Of several moments, or nothing would be shown.
    for (let round = 0; round < 8 || totals.size < 3; round++) {
      const { summary, metrics } = await exportJson({
        scope: 'anon',
        short_code: 'pouring',
        start_date: '2025-01-01',
        end_date: '2025-01-02',
        group_by: 'time,browser,os',
        breakdown: 'true',
        metrics: 'clicks',
      });
      totals.add(summary.total_clicks);
      const sums = Object.values<any>(metrics).map((list) =>
        list.reduce((sum: number, row: any) => sum + row.clicks, 0),
      );
      expect(sums).toEqual(sums.map(() => summary.total_clicks));
    }
  } finally {
    pouringEnds.abort();
    await Promise.all(pouring);
  }
});
