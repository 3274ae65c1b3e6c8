import { type ClientRequest, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { TAKE_OVER } from '../../src/clickhouse/row-versions.ts';
import { TOMBSTONE_MS } from '../../src/clickhouse/tombstones.ts';
import { CLICK_KEY, putClickKey } from '../../src/clicks/import/click-keys.ts';
import { ImportHistory } from '../../src/clicks/import/import-history.ts';
import { type ImportEntry, ImportLog, type StoredEntry } from '../../src/clicks/import/import-log.ts';
import { emptyReport } from '../../src/clicks/import/import-report.ts';
import { ImportRegistry } from '../../src/clicks/import/import-registry.ts';
import { OwnImport } from '../../src/clicks/import/own-import.ts';
import { ClickRemoval } from '../../src/erasure/click-removal.ts';
import { type Sql, param, sql } from '../../src/sql/sql.ts';
import { countsByDefinition } from '../support/line-counts.ts';
import { waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';
import { removeUrlTombstones } from '../../src/urls/url-tombstones.ts';
import { ShortCodeLock } from '../../src/urls/short-code-lock.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** A click as a log has it: code, second and visitor are places in short lists, so that many are equal. */
interface Line {
  readonly code: number;
  readonly second: number;
  readonly visitor: number;
}

const DAY = 86_400;
const BEGUN = Math.floor(Date.now() / 1_000);
/** Around a minute's edges, of another month, and in the future: after any erasure. */
const SECONDS = [0, 1, 30, 60, 61, 119, 125].map((second) => BEGUN - 40 * DAY + second);
const TIMES = [...SECONDS, BEGUN - 2 * DAY, BEGUN + 3_600];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const timeOf = ({ second }: Line): number => TIMES[second] ?? 0;

type Write = (prefix: string, line: Line) => string;
/** The same clicks in every format. */
const FORMATS: Readonly<Record<string, Write>> = {
  ndjson: (prefix, line) =>
    JSON.stringify({
      short_code: `${prefix}-${line.code}`,
      clicked_at: timeOf(line),
      ip: `192.0.2.${line.visitor}`,
      user_agent: 'Agent/1',
    }),
  csv: (prefix, line) => `${prefix}-${line.code},192.0.2.${line.visitor},Agent/1,${timeOf(line)}`,
  combined: (prefix, line) => {
    const date = new Date(timeOf(line) * 1_000);
    const day = `${date.toISOString().slice(8, 10)}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
    const time = `${day}:${date.toISOString().slice(11, 19)} +0000`;
    return `192.0.2.${line.visitor} - - [${time}] "GET /${prefix}-${line.code} HTTP/1.1" 302 0 "-" "Agent/1"`;
  },
};
const COLUMNS = ['short_code', 'ip', 'user_agent', 'clicked_at'];

/** Imports lines as one file. @returns the import */
async function importLines(
  prefix: string,
  { lines, format }: { readonly lines: readonly Line[]; readonly format: string },
): Promise<any> {
  const header = format === 'csv' ? `${COLUMNS.join(',')}\n` : '';
  const { status, json } = await spoor.send('POST', '/api/v1/imports', {
    query: { owner: 'me', format },
    body: header + lines.map((line) => `${FORMATS[format]?.(prefix, line)}\n`).join(''),
  });
  expect(status).toBe(lines.length > 0 && json.first_click === null ? 422 : 200);
  expect([json.read, json.read]).toEqual([lines.length, json.accepted + json.known + json.erased]);
  return json;
}

const keyOf = ({ code, second, visitor }: Line): string => `${code} ${second} ${visitor}`;

function lineOf(key: string): Line {
  const [code = 0, second = 0, visitor = 0] = key.split(' ').map(Number);
  return { code, second, visitor };
}

const line = fc.record({
  code: fc.nat({ max: 1 }),
  second: fc.nat({ max: TIMES.length - 1 }),
  visitor: fc.nat({ max: 1 }),
});
const log = fc.oneof(
  fc.array(line, { maxLength: 12 }),
  fc.array(line, { maxLength: 20 }).map((lines) => lines.toSorted((a, b) => a.second - b.second)),
);

/** How the lines of the log come: grown, rotated, joined, in another order. */
const file = fc.oneof(
  fc.constant((all: readonly Line[]) => all),
  fc.nat().map((cut) => (all: readonly Line[]) => all.slice(0, cut % (all.length + 1))),
  fc.nat().map((cut) => (all: readonly Line[]) => all.slice(cut % (all.length + 1))),
  fc.nat().map((cut) => (all: readonly Line[]) => [...all.slice(cut % (all.length + 1)), ...all]),
  fc.constant((all: readonly Line[]) => [...all, ...all]),
  fc.constant((all: readonly Line[]) => all.toReversed()),
  log.map((more) => (all: readonly Line[]) => [...more, ...all]),
);
const importing = fc.record({ file, format: fc.constantFrom('ndjson', 'csv', 'combined') });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      files: fc.array(importing, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('erase' as const),
      code: fc.nat({ max: 1 }),
      second: fc.nat({ max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), code: fc.nat({ max: 1 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('undo' as const), of: fc.nat() }) },
);

/** What is stored, and what was erased. Imports that run at once are one. */
class Model {
  /** By `keyOf`, the import of each click. */
  readonly #clicks = new Map<string, readonly number[]>();
  /** By code, the import that registered the URL. */
  readonly #urls = new Map<number, number>();
  readonly #erased: ((line: Line) => boolean)[] = [];

  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#clicks].map(([key, imports]) => [key, imports.length]));
  }

  get codes(): readonly number[] {
    return [...this.#urls.keys()].toSorted((a, b) => a - b);
  }

  /** The clicks until now. */
  get total(): number {
    const past = [...this.#clicks].filter(([key]) => timeOf(lineOf(key)) <= BEGUN);
    return past.reduce((sum, [, imports]) => sum + imports.length, 0);
  }

  add(id: number, lines: readonly Line[]): void {
    const counts = countsByDefinition(lines.map((one) => ({ key: keyOf(one), time: timeOf(one) * 1_000 })));
    for (const [place, one] of lines.entries()) {
      if (timeOf(one) <= BEGUN && this.#erased.some((holds) => holds(one))) continue;
      const known = this.#clicks.get(keyOf(one)) ?? [];
      const missing = Math.max(0, (counts[place] ?? 0) - known.length);
      this.#clicks.set(keyOf(one), [...known, ...Array.from({ length: missing }, () => id)]);
      if (!this.#urls.has(one.code)) this.#urls.set(one.code, id);
    }
  }

  /** @param isErased a click of the past is not to come back */
  erase(isErased: (line: Line) => boolean): void {
    this.#erased.push(isErased);
    for (const key of this.#clicks.keys()) if (isErased(lineOf(key))) this.#clicks.delete(key);
  }

  delete(code: number): void {
    this.erase((line) => line.code === code);
    this.#urls.delete(code);
  }

  /** @returns how many clicks and URLs go */
  undo(id: number): readonly [clicks: number, urls: number] {
    const before = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    for (const [key, imports] of this.#clicks) {
      const left = imports.filter((one) => one !== id);
      if (left.length > 0) this.#clicks.set(key, left);
      else this.#clicks.delete(key);
    }
    let urls = 0;
    for (const [code, registrar] of this.#urls) {
      if (registrar !== id) continue;
      const left = [...this.#clicks]
        .filter(([key]) => lineOf(key).code === code)
        .flatMap(([, imports]) => imports);
      if (left.length > 0) this.#urls.set(code, Math.max(...left));
      else if (this.#urls.delete(code)) urls++;
    }
    return [before - [...this.counts.values()].reduce((sum, count) => sum + count, 0), urls];
  }
}

async function stored(prefix: string): Promise<ReadonlyMap<string, number>> {
  const rows = await spoor.database.rows<[string, number, string, number]>(sql`
    SELECT short_code, toUnixTimestamp(clicked_at), toString(visitor), count() FROM clicks
    WHERE startsWith(short_code, ${param('String', `${prefix}-`)}) GROUP BY ALL`);
  return new Map(
    rows.map(([code, time, visitor, count]) => [
      `${code.slice(prefix.length + 1)} ${TIMES.indexOf(time)} ${visitors.indexOf(visitor)}`,
      count,
    ]),
  );
}

/** The codes of the URLs that there are. */
async function registered(prefix: string): Promise<readonly number[]> {
  const found = await Promise.all(
    [0, 1].map(async (code) => (await spoor.send('GET', `/api/v1/urls/${prefix}-${code}`)).status),
  );
  return [0, 1].filter((code) => found[code] === 200);
}

async function answered(prefix: string): Promise<number> {
  const query = { owner_id: 'me', short_code: `${prefix}-0,${prefix}-1`, start_date: '2000-01-01' };
  return (await spoor.send('GET', '/api/v1/stats', { query })).json.summary.total_clicks;
}

let visitors: readonly string[];
beforeAll(async () => {
  for (const visitor of [0, 1])
    await importLines(`visitor${visitor}`, { lines: [{ code: 0, second: 0, visitor }], format: 'csv' });
  const rows = await spoor.database.rows<[string]>(
    sql`SELECT toString(visitor) FROM clicks ORDER BY short_code`,
  );
  visitors = rows.flat();
});

test('whatever is imported and undone, in whatever pieces, the clicks that are missing are added', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(log, fc.array(step, { minLength: 1, maxLength: 5 }), async (all, steps) => {
      const prefix = `run${++run}`;
      const model = new Model();
      const imports: (readonly string[])[] = [];
      for (const one of steps) {
        if (one.do === 'import') {
          const files = one.files.map(({ file, format }) => ({ format, lines: file(all) }));
          const reports = await Promise.all(files.map((each) => importLines(prefix, each)));
          for (const { lines } of files) model.add(imports.length, lines);
          imports.push(reports.map(({ id }) => id));
        } else if (one.do === 'erase') {
          const end = TIMES[one.second] ?? 0;
          const json = { short_code: `${prefix}-${one.code}`, end_date: String(end) };
          expect((await spoor.send('DELETE', '/api/v1/clicks', { json })).status).toBe(200);
          model.erase((line) => line.code === one.code && timeOf(line) <= end);
        } else if (one.do === 'delete') {
          const { status } = await spoor.send('DELETE', `/api/v1/urls/${prefix}-${one.code}`);
          if (status === 204) model.delete(one.code);
          else expect(status).toBe(404);
        } else if (imports.length > 0) {
          const undone = one.of % imports.length;
          let [clicks, urls] = [0, 0];
          for (const id of imports[undone] ?? []) {
            const { status, json } = await spoor.send('DELETE', `/api/v1/imports/${id}`);
            expect(status).toBe(200);
            clicks += json.removed_clicks;
            urls += json.removed_urls;
          }
          expect([clicks, urls]).toEqual(model.undo(undone));
        }
        expect(await stored(prefix)).toEqual(model.counts);
        expect(await registered(prefix)).toEqual(model.codes);
        expect(await answered(prefix)).toBe(model.total);
      }
    }),
    { numRuns: 4 },
  );
});

const post = (lines: readonly object[], query: Readonly<Record<string, string>> = {}, owner = 'me') =>
  spoor.send('POST', '/api/v1/imports', { query: { owner, format: 'ndjson', ...query }, ndjson: lines });

const clickedAt = '2026-01-01T00:00:00Z';

const countOf = async (code: string): Promise<number> => {
  const [row] = await spoor.database.rows<[number]>(
    sql`SELECT count() FROM clicks WHERE short_code = ${param('String', code)}`,
  );
  return row?.[0] ?? 0;
};

test('lines for URLs of other owners are left out and listed, unless they are asked for', async () => {
  await spoor.send('PUT', '/api/v1/urls/hers', { json: { owner_id: 'her' } });
  const lines = ['hers', 'mine', 'hers'].map((code) => ({ short_code: code, clicked_at: clickedAt }));
  expect((await post(lines)).json).toMatchObject({
    read: 3,
    accepted: 1,
    other_owner: 2,
    other_owner_codes: ['hers'],
  });
  expect((await post(lines, { any_owner: 'true' })).json).toMatchObject({
    accepted: 2,
    known: 1,
    other_owner: 0,
  });
  expect([await countOf('hers'), await countOf('mine')]).toEqual([2, 1]);
});

test('clicks on both sides of all that is stored are added', async () => {
  const [before = 0, between = 0, after = 0] = SECONDS;
  const at = (time: number) => ({ short_code: 'around', clicked_at: time });
  expect((await post([at(between)])).json).toMatchObject({ accepted: 1 });
  expect((await post([at(before), at(after)])).json).toMatchObject({ accepted: 2, known: 0 });
});

test('a click is found among many of the same URL and time', async () => {
  const at = (second: number) => ({ short_code: 'many', clicked_at: BEGUN - 50 * DAY + second });
  const all = Array.from({ length: 60 }, (_, second) => at(second));
  expect((await post(all)).json).toMatchObject({ accepted: 60 });
  expect((await post([at(-1), at(0), at(59), at(59), at(60)])).json).toMatchObject({
    accepted: 3,
    known: 2,
  });
});

test('the key of a click is the same in SQL', async () => {
  const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('é'.repeat(300)));
  const clicks = fc.sample(
    fc.record({
      short_code: texts,
      referrer: texts,
      click_id: texts,
      visitor: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      clicked_at: fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) }),
    }),
    200,
  );
  const list = (name: keyof (typeof clicks)[number]) => clicks.map((click) => String(click[name]));
  const numbered = sql`arrayJoin(arrayEnumerate(${param('Array(String)', list('visitor'))})) AS place`;
  const textAt = (name: keyof (typeof clicks)[number]) =>
    sql`arrayElement(${param('Array(String)', list(name))}, place)`;
  const rows = await spoor.database.rows<[string]>(sql`
    SELECT toString(${CLICK_KEY}) FROM (
      SELECT ${numbered}, ${textAt('short_code')} AS short_code,
        toLowCardinality(${textAt('referrer')}) AS referrer, ${textAt('click_id')} AS click_id,
        toUInt64(${textAt('visitor')}) AS visitor,
        fromUnixTimestamp64Milli(toInt64(${textAt('clicked_at')}), 'UTC') AS clicked_at)
    ORDER BY place`);
  const keys = new Uint32Array(2 * clicks.length);
  clicks.forEach((click, place) => putClickKey(keys, place, click));
  expect(rows.flat()).toEqual(
    clicks.map((_, place) =>
      String((BigInt(keys[2 * place + 1] ?? 0) << 32n) + BigInt(keys[2 * place] ?? 0)),
    ),
  );
});

test('duplicates are added where they are asked for', async () => {
  const lines = Array.from({ length: 2 }, () => ({ short_code: 'again', clicked_at: clickedAt }));
  for (const expected of [2, 4]) {
    const { json } = await post(lines, { allow_duplicates: 'true' });
    expect(json).toMatchObject({ accepted: 2, known: 0 });
    expect(await countOf('again')).toBe(expected);
  }
});

test.each([{}, { clicked_at: null }, { clicked_at: ' ' }])(
  'a line without a time of its own is added every time: %j',
  async (time) => {
    const code = `untimed ${JSON.stringify(time)}`;
    const lines = [
      { short_code: code, ...time },
      { short_code: code, clicked_at: clickedAt },
    ];
    expect((await post(lines)).json).toMatchObject({ accepted: 2, untimed: 1 });
    expect((await post(lines)).json).toMatchObject({ accepted: 1, known: 1, untimed: 1 });
    expect(await countOf(code)).toBe(3);
  },
);

test.each<[string, unknown, number]>([
  ['of no link at another time', { clicked_at: '2020-01-01' }, 0],
  ['of a wrong link at another time', { short_code: '..', clicked_at: '2020-01-01' }, 0],
  ['that is no click', 'a text', 0],
  ['without a time', { short_code: 'twice' }, 2],
])('a file twice in one stream counts once where a line %s stands between', async (_, between, others) => {
  const code = `twice ${JSON.stringify(between)}`;
  const lines = [{ short_code: code, clicked_at: clickedAt }, between];
  const { json } = await post([...lines, ...lines] as never);
  expect(json).toMatchObject({ accepted: 1 + others, known: 1 });
  expect(await countOf(code)).toBe(1);
});

test('equal lines count each where a rejected line within a minute stands between', async () => {
  const line = { short_code: 'separate', clicked_at: clickedAt };
  const { json } = await post([line, { ...line, short_code: '..' }, line]);
  expect(json).toMatchObject({ accepted: 2, known: 0 });
});

test.each([
  ['a visitor', { visitor_id: 'she of a visitor' }, [true, false]],
  ['an owner', { owner_id: 'erased an owner' }, [true, true]],
  ['a time', { start_date: '1999-12-31', end_date: '2025-12-31T23:59:59.999Z' }, [false, false]],
])('what was erased of %s does not come back', async (name, selectors, isErased) => {
  const lines = ['she', 'he'].map((id) => ({
    short_code: `erased ${name}`,
    clicked_at: clickedAt,
    visitor_id: `${id} of ${name}`,
  }));
  await post(lines, {}, `erased ${name}`);
  await spoor.send('DELETE', '/api/v1/clicks', { json: selectors });
  const erased = isErased.filter(Boolean).length;
  expect((await post(lines, {}, `erased ${name}`)).json).toMatchObject({
    accepted: 0,
    erased,
    known: 2 - erased,
  });
});

describe('what is left of a deleted URL', () => {
  const lines = [{ short_code: 'gone', clicked_at: clickedAt }];
  const rowsOf = async (condition: Sql) =>
    (await spoor.database.rows(sql`SELECT short_code FROM urls WHERE ${condition}`)).length;

  test('keeps its log from registering it again, and grows no more when it is deleted again and again', async () => {
    for (const again of [false, true]) {
      if (again) await spoor.send('PUT', '/api/v1/urls/gone', { json: { owner_id: 'me' } });
      else await post(lines);
      expect((await spoor.send('DELETE', '/api/v1/urls/gone')).status).toBe(204);
      // As it is done after a day.
      await spoor.database.command(sql`ALTER TABLE urls DELETE WHERE short_code = 'gone'`, {
        mutations_sync: '2',
      });
      expect((await post(lines)).json).toMatchObject({ accepted: 0, erased: 1 });
      expect((await spoor.send('GET', '/api/v1/urls/gone')).status).toBe(404);
    }
    await spoor.database.commandText('OPTIMIZE TABLE erased_until FINAL');
    const left = await spoor.database.rows(sql`
      SELECT (SELECT count() FROM erased_until WHERE short_code = 'gone'),
        (SELECT count() FROM erasures WHERE short_code = 'gone')`);
    expect(left).toEqual([[1, 0]]);
  });

  test('keeps its log away from other owners, and what is later from none', async () => {
    const log = [{ short_code: 'gone for all', clicked_at: clickedAt }];
    await post(log, {}, 'first owner');
    expect((await spoor.send('DELETE', '/api/v1/urls/gone%20for%20all')).status).toBe(204);
    const later = { short_code: 'gone for all', clicked_at: new Date(Date.now() + 1_000).toISOString() };
    const { json } = await post([...log, later], {}, 'second owner');
    expect(json).toMatchObject({ accepted: 1, erased: 1 });
  });

  test('goes after a day, with all that it hides, once there is much of it', async () => {
    const insert = async (codes: number, version: string, isDeleted: boolean) =>
      spoor.database.commandText(`
        INSERT INTO urls (short_code, owner_id, created_at, private_stats, is_deleted, version)
        SELECT 'left-' || number, 'left', now64(3), true, ${isDeleted}, ${version} FROM numbers(${codes})`);
    const micros = (agoMs: number) => `toUnixTimestamp64Micro(now64(6)) - ${agoMs * 1_000}`;
    const sweep = async () => removeUrlTombstones(spoor.database, Date.now() - TOMBSTONE_MS);
    await insert(1_000, '1', false);
    await insert(999, micros(TOMBSTONE_MS + 60_000), true);
    await sweep();
    expect(await rowsOf(sql`startsWith(short_code, 'left-') AND is_deleted`)).toBe(999);
    await insert(1_100, micros(TOMBSTONE_MS + 50_000), true);
    // One was created again since, one deleted less than a day ago.
    await insert(1, micros(0), false);
    await insert(2, micros(TOMBSTONE_MS - 600_000), true);
    await insert(1, micros(0), false);
    await sweep();
    expect(
      await rowsOf(sql`startsWith(short_code, 'left-') AND short_code NOT IN ('left-0', 'left-1')`),
    ).toBe(0);
    const seen = await Promise.all(['0', '1', '2'].map((n) => spoor.send('GET', `/api/v1/urls/left-${n}`)));
    expect(seen.map(({ status }) => status)).toEqual([200, 404, 404]);
    expect(await rowsOf(sql`short_code = 'left-1' AND is_deleted`)).toBe(1);
  });
});

test('an import that ClickHouse failed is listed as such, and sent again adds what is missing', async () => {
  const lines = [{ short_code: 'failed', clicked_at: clickedAt }];
  await spoor.database.commandText('RENAME TABLE clicks TO clicks_away');
  const { status } = await post(lines, { file: 'failed.ndjson' });
  await spoor.database.commandText('RENAME TABLE clicks_away TO clicks');
  expect(status).toBeGreaterThanOrEqual(500);
  const [newest] = (await spoor.send('GET', '/api/v1/imports', { query: { limit: '1' } })).json.items;
  expect(newest).toMatchObject({ file: 'failed.ndjson', state: 'failed', accepted: 0 });
  expect((await post(lines)).json).toMatchObject({ accepted: 1 });
});

test('a file is in the charset that its content type says', async () => {
  const { status, json } = await spoor.send('POST', '/api/v1/imports', {
    query: { owner: 'me' },
    body: Buffer.from('short_code,city,clicked_at\ncharset-1,Köln,2026-01-31\n', 'latin1'),
    headers: { 'content-type': 'text/csv; charset=ISO-8859-1' },
  });
  expect([status, json.accepted]).toEqual([200, 1]);
  expect(json.options).toMatchObject({ encoding: 'windows-1252' });
  const stats = await spoor.send('GET', '/api/v1/stats', {
    query: { owner_id: 'me', short_code: 'charset-1', group_by: 'city', start_date: '2026-01-31' },
  });
  expect(stats.json.metrics.clicks_by_city).toMatchObject([{ city: 'Köln', clicks: 1 }]);
});

describe('the parts of a file', () => {
  const send = (code: string, seconds: readonly number[], query: Readonly<Record<string, string>>) =>
    spoor.send('POST', '/api/v1/imports', {
      query: { owner: 'me', format: 'ndjson', file: 'parts', ...query },
      body: seconds
        .map((second) => `${JSON.stringify({ short_code: code, clicked_at: BEGUN - second })}\n`)
        .join(''),
    });

  test('are one import, with equal lines and line numbers counted across them', async () => {
    const first = await send('parts', [100, 100], { part: '1' });
    expect(first.json).toMatchObject({ state: 'running', accepted: 2, finished_at: null });
    const id: string = first.json.id;
    expect((await spoor.send('DELETE', `/api/v1/imports/${id}`)).status).toBe(409);
    expect((await send('parts', [], { part: '2', import_id: id })).json).toMatchObject({ accepted: 2 });
    const third = await send('parts', [100, -100_000], { part: '3', import_id: id });
    expect(third.json).toMatchObject({ accepted: 3, state: 'running' });
    const last = await send('parts', [99, -100_000], { part: '4', import_id: id, last: 'true' });
    expect(last.json).toMatchObject({ id, state: 'done', read: 6, accepted: 4 });
    expect(Object.values<any>(last.json.rejected).map(({ lines }) => lines)).toEqual([[4, 6]]);
    expect((await spoor.send('GET', `/api/v1/imports/${id}`)).json).toEqual(last.json);
    expect((await spoor.send('DELETE', `/api/v1/imports/${id}`)).json).toMatchObject({ removed_clicks: 4 });
    const again = await send('parts', [100], { part: '1', import_id: id });
    expect([again.status, again.json.field]).toEqual([409, 'import_id']);
  });

  test('begin anew after one whose outcome is unknown', async () => {
    const { id } = (await send('anew', [100], { part: '1' })).json;
    expect((await send('anew', [100], { part: '2', import_id: id })).json.accepted).toBe(2);
    const repeated = await send('anew', [100], { part: '2', import_id: id });
    expect([repeated.status, repeated.json.field]).toEqual([409, 'part']);
    const anew = await send('anew', [100, 100, 100], { part: '1', import_id: id });
    expect(anew.json).toMatchObject({ id, accepted: 3, known: 2, state: 'running' });
    const last = await send('anew', [], { part: '2', import_id: id, last: 'true' });
    expect(last.json).toMatchObject({ accepted: 3, state: 'done' });
  });

  test('may be none, and are no clicks at the end', async () => {
    const none = await spoor.send('POST', '/api/v1/imports', {
      query: { part: '1', last: 'true' },
      body: '',
    });
    expect(none.json).toMatchObject({ state: 'done', read: 0, format: null });
    const wrong = { query: { part: '1', last: 'true', format: 'ndjson' }, body: 'nothing\n' };
    expect((await spoor.send('POST', '/api/v1/imports', wrong)).status).toBe(422);
  });

  test.each([
    ['part', { import_id: '00697dd2a05c3a1f' }, 400],
    ['part', { last: 'true' }, 400],
    ['import_id', { part: '2' }, 400],
    ['import_id', { part: '1', import_id: 'x' }, 400],
    ['dry_run', { part: '1', dry_run: 'true' }, 400],
    ['part', { part: '2', import_id: '00697dd2a05c3a1f' }, 409],
    ['id', { part: '1', import_id: '00697dd2a05c3a1f' }, 404],
  ])('are refused for their %s: %j', async (field, query, status) => {
    const refused = await send('refused', [100], query);
    expect([refused.status, refused.json.field]).toEqual([status, field]);
  });

  test('are of logs without a header, or NDJSON', async () => {
    const body = 'short_code,clicked_at\nrefused,2026-01-05\n';
    const refused = await spoor.send('POST', '/api/v1/imports', { query: { part: '1' }, body });
    expect([refused.status, refused.json.error]).toEqual([
      400,
      'A file in the format csv cannot be followed: only NDJSON and logs without a header can.',
    ]);
  });
});

describe('an import', () => {
  const line = (code: string, second = 0) =>
    `${JSON.stringify({ short_code: code, clicked_at: 1_767_225_600 + second })}\n`;
  const find = async (id: string, key?: string) =>
    spoor.send('GET', `/api/v1/imports/${id}`, key === undefined ? {} : { key });

  test('is kept with what was asked for and what became of its lines', async () => {
    const { json } = await post([{ short_code: 'kept', clicked_at: clickedAt }, {}], {
      file: 'kept.ndjson',
      except: 'static',
      trust_proxy: '1',
    });
    expect(json).toMatchObject({
      owner_id: 'me',
      file: 'kept.ndjson',
      format: 'ndjson',
      options: { format: 'ndjson', except: ['static'], trust_proxy: 1 },
      state: 'done',
      error: null,
      read: 2,
      accepted: 1,
      rejected: { 'short_code is required': { count: 1, lines: [2] } },
    });
    expect((await find(json.id)).json).toEqual(json);
    await spoor.send('DELETE', `/api/v1/imports/${json.id}`);
    expect((await find(json.id)).json).toEqual({ ...json, state: 'undone' });
  });

  const done: ImportEntry = {
    id: 7_000_000n,
    ownerId: 'clocks',
    file: null,
    options: {},
    state: 'done',
    error: null,
    report: emptyReport(),
    startedAt: 1,
    finishedAt: 2,
  };
  async function storedOf(log: ImportLog, id = done.id): Promise<StoredEntry> {
    const stored = await log.find(id);
    if (stored === undefined) throw new Error('It was written.');
    return stored;
  }

  test('that a clock ahead has written down is undone for good by one that is right', async () => {
    const logAt = (aheadMs: number) => new ImportLog(spoor.database, () => Date.now() + aheadMs);
    const [ahead, right] = [logAt(3_600_000), logAt(0)];
    await ahead.write(done, ahead.versionAbove(0));
    const { entry, version } = await storedOf(right);
    await right.write({ ...entry, state: 'undone' }, right.versionAbove(version));
    expect((await storedOf(right)).entry).toEqual({ ...entry, state: 'undone' });
  });

  test('that another instance has taken over is found out before the next clicks, after 30 seconds by any clock', async () => {
    for (const step of [31_000, -31_000]) {
      let clock = Date.now();
      const log = new ImportLog(spoor.database, () => clock);
      const id = BigInt(8_000_000 + step);
      const own = new OwnImport(log, () => clock, { ...done, id, state: 'running' });
      await own.confirm();
      const { entry, version } = await storedOf(log, id);
      await log.write({ ...entry, state: 'undone' }, version + TAKE_OVER);
      await own.check();
      clock += step;
      await expect(own.check()).rejects.toMatchObject({ code: 'conflict' });
      await expect(own.end({ state: 'done' })).rejects.toMatchObject({ code: 'conflict' });
      expect((await storedOf(log, id)).entry.state).toBe('undone');
    }
  });

  describe('that is older than the last 10,000 of its owner', () => {
    const owner = 'many imports';
    /** The oldest of them is number 1. */
    const kept = async () =>
      spoor.database.rows<[string, string]>(sql`
        SELECT toString(id), state FROM imports FINAL WHERE owner_id = ${param('String', owner)} ORDER BY id LIMIT 6`);
    const insert = async (numbers: string, state: string, version: number) =>
      spoor.database.commandText(`
        INSERT INTO imports (id, owner_id, options, state, report, started_at, version)
        SELECT number, '${owner}', '{}', '${state}', '{}', now64(3), ${version} FROM numbers(${numbers})`);
    beforeEach(async () => {
      await spoor.database.command(sql`DELETE FROM imports WHERE owner_id = ${param('String', owner)}`);
      await insert('1, 10003', 'done', 1);
      // Versions of another part.
      await insert('1, 1', 'undone', 2);
      await insert('2, 1', 'running', 2);
    });

    test('goes from the table, unless it is running', async () => {
      await new ImportHistory(spoor.database).removeOldest();
      expect(await kept()).toEqual([
        ['2', 'running'],
        ...['4', '5', '6', '7', '8'].map((id) => [id, 'done']),
      ]);
      const { json } = await spoor.send('GET', '/api/v1/imports', {
        key: await spoor.createKey(owner),
        query: { cursor: '0000000000000005' },
      });
      expect(json.items.map(({ id }: any) => id)).toEqual(['0000000000000004', '0000000000000002']);
    });

    test('goes before another one begins, once many have begun', async () => {
      const log = new ImportLog(spoor.database, Date.now);
      const history = new ImportHistory(spoor.database, 2);
      const removal = new ClickRemoval([], { note: async () => {} });
      const urls = { codeLock: new ShortCodeLock(), deleteUnused: async () => 0 };
      const imports = new ImportRegistry({
        database: spoor.database,
        shards: undefined,
        log,
        history,
        removal,
        urls,
        isAlone: true,
        now: Date.now,
      });
      const begin = async () => imports.begin({ ownerId: owner, file: null, options: {} });
      await begin();
      expect((await kept())[0]).toEqual(['1', 'undone']);
      await begin();
      expect((await kept())[1]).toEqual(['5', 'done']);
    });
  });

  test('is there for its owner and administrators alone', async () => {
    const [mine, theirs] = [await spoor.createKey('me'), await spoor.createKey('them')];
    const sent = { key: theirs, body: line('theirs') };
    const { id, owner_id: owner } = (await spoor.send('POST', '/api/v1/imports', sent)).json;
    expect(owner).toBe('them');
    for (const path of [`/api/v1/imports/${id}`, '/api/v1/imports/0000000000000000', '/api/v1/imports/x']) {
      expect((await spoor.send('GET', path, { key: mine })).status).toBe(404);
      expect((await spoor.send('DELETE', path, { key: mine })).status).toBe(404);
    }
    expect([(await find(id, theirs)).status, (await find(id)).status]).toEqual([200, 200]);
    const ownersOf = async (key: string) =>
      new Set(
        (await spoor.send('GET', '/api/v1/imports', { key })).json.items.map((one: any) => one.owner_id),
      );
    expect([await ownersOf(mine), await ownersOf(theirs)]).toEqual([new Set(['me']), new Set(['them'])]);
    expect(await countOf('theirs')).toBe(1);
  });

  test.each([{ owner: 'them' }, { any_owner: 'true' }])(
    'by a key of its owner cannot ask for %j',
    async (query) => {
      const sent = { key: await spoor.createKey('me'), query, body: line('asked') };
      expect((await spoor.send('POST', '/api/v1/imports', sent)).status).toBe(403);
    },
  );

  test('of clicks for the URLs of other owners can be undone by administrators alone', async () => {
    await spoor.send('PUT', '/api/v1/urls/somebody%27s', { json: { owner_id: 'somebody' } });
    const sent = { query: { owner: 'me', any_owner: 'true' }, body: line("somebody's") };
    const path = `/api/v1/imports/${(await spoor.send('POST', '/api/v1/imports', sent)).json.id}`;
    const mine = await spoor.send('DELETE', path, { key: await spoor.createKey('me') });
    expect([mine.status, await countOf("somebody's")]).toEqual([403, 1]);
    expect((await spoor.send('DELETE', path)).json).toEqual({ removed_clicks: 1, removed_urls: 0 });
  });

  test('stands in the list, the newest first, page by page', async () => {
    const key = await spoor.createKey('lister');
    const ids: string[] = [];
    for (const second of [1, 2, 3]) {
      const sent = { key, body: line('listed', second) };
      ids.unshift((await spoor.send('POST', '/api/v1/imports', sent)).json.id);
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { json }: { json: any } = await spoor.send('GET', '/api/v1/imports', {
        key,
        query: { cursor, limit: '2' },
      });
      seen.push(...json.items.map(({ id }: { id: string }) => id));
      cursor = json.next_cursor;
    }
    expect(seen).toEqual(ids);
  });

  test.each([
    ['packed', (text: string) => gzipSync(text), {}],
    ['in a packed body', (text: string) => gzipSync(text), { 'content-encoding': 'gzip' }],
    ['packed, in a packed body', (text: string) => gzipSync(gzipSync(text)), { 'content-encoding': 'gzip' }],
    ['of any content type', (text: string) => Buffer.from(text), { 'content-type': 'image/png' }],
  ])('may come %s', async (name, pack, headers) => {
    const { json } = await spoor.send('POST', '/api/v1/imports', { headers, body: pack(line(name)) });
    expect(json).toMatchObject({ accepted: 1, format: 'ndjson' });
  });

  test.each([
    ['in no format', 'what is this\n', {}, 400, /first line is "what is this"/],
    ['without a click', 'x\n', { format: 'csv' }, 400, /short_code/],
    ['of lines that are wrong', '{"short_code":""}\n', {}, 422, /no click among the 1 read/],
    ['with an unknown format', '{}\n', { format: 'pdf' }, 400, /format must be one of/],
    ['with a number that is none', '{}\n', { trust_proxy: 'some' }, 400, /trust_proxy/],
    ['with a switch that is none', '{}\n', { allow_duplicates: 'on' }, 400, /allow_duplicates/],
  ])('%s is refused', async (_, body, query, expected, sentence) => {
    const { status, json } = await spoor.send('POST', '/api/v1/imports', { query, body });
    expect([status, json.code]).toEqual([expected, 'validation_error']);
    expect(json.error).toMatch(sentence);
  });

  /** The import whose file is still being sent, once it is listed. */
  async function begun(file: string, text: string): Promise<{ sending: ClientRequest; id: string }> {
    const sending = request(`${spoor.url}/api/v1/imports?owner=me&file=${file}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    sending.on('error', () => {}).write(text);
    let id = '';
    await waitUntil('the import', async () => {
      const { items } = (await spoor.send('GET', '/api/v1/imports')).json;
      id = items.find((one: any) => one.file === file)?.id ?? '';
      return id !== '';
    });
    return { sending, id };
  }

  const stateOf = async (id: string): Promise<string> => (await find(id)).json.state;
  const many = (code: string, count: number): string =>
    Array.from({ length: count }, (_, second) => line(code, second)).join('');

  test('that is running says how far it is, and cannot be undone', async () => {
    const { sending, id } = await begun('running', many('running', 25_000));
    await waitUntil('the first batch', async () => (await find(id)).json.accepted > 0);
    expect((await find(id)).json).toMatchObject({ state: 'running', finished_at: null });
    expect((await spoor.send('DELETE', `/api/v1/imports/${id}`)).status).toBe(409);
    sending.end();
    await waitUntil('its end', async () => (await stateOf(id)) === 'done');
    expect((await find(id)).json).toMatchObject({ accepted: 25_000 });
    const { json } = await spoor.send('DELETE', `/api/v1/imports/${id}`);
    expect(json).toEqual({ removed_clicks: 25_000, removed_urls: 1 });
  });

  test('whose connection is cut has failed, keeps what it added, and the whole file adds the rest', async () => {
    const text = many('cut', 25_000);
    const { sending, id } = await begun('cut', text);
    await waitUntil('the first batch', async () => (await find(id)).json.accepted > 0);
    sending.destroy();
    await waitUntil('its end', async () => (await stateOf(id)) === 'failed');
    const { accepted, error } = (await find(id)).json;
    expect(error).toMatch(/connection was cut/);
    expect(await countOf('cut')).toBe(accepted);
    const again = await spoor.send('POST', '/api/v1/imports', { query: { owner: 'me' }, body: text });
    expect(again.json).toMatchObject({ accepted: 25_000 - accepted, known: accepted });
    await spoor.send('DELETE', `/api/v1/imports/${id}`);
    expect(await countOf('cut')).toBe(25_000 - accepted);
  });

  test('whose server was killed counts what it added, however it is looked at', async () => {
    const lookAt = [
      async (id: string) => (await find(id)).json,
      async (id: string) => {
        const { items } = (await spoor.send('GET', '/api/v1/imports')).json;
        return items.find((one: any) => one.id === id);
      },
    ];
    const log = new ImportLog(spoor.database, Date.now);
    for (const [place, look] of lookAt.entries()) {
      const code = `killed ${place}`;
      const { json } = await spoor.send('POST', '/api/v1/imports', {
        query: { owner: 'me' },
        body: many(code, 70),
      });
      const { entry, version } = await storedOf(log, BigInt(`0x${json.id}`));
      // As it was written down after the first 20, in the minute before the last.
      const report = { ...entry.report, read: 22, accepted: 20, last_click: null, skipped: { blank: 2 } };
      await log.write({ ...entry, state: 'running', report, finishedAt: null }, version + 1);
      await spoor.database.command(
        sql`ALTER TABLE imports UPDATE written_at = now64(3) - INTERVAL 61 SECOND
          WHERE id = ${param('UInt64', String(entry.id))}`,
        { mutations_sync: '2' },
      );
      const expected = {
        state: 'failed',
        read: 72,
        accepted: 70,
        skipped: { blank: 2 },
        first_click: json.first_click,
        last_click: json.last_click,
      };
      expect(await look(json.id)).toMatchObject(expected);
      expect((await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: code } })).status).toBe(200);
      expect(await look(json.id)).toMatchObject(expected);
    }
  });

  test('of nothing but what is left out says so', async () => {
    const [mine, theirs] = [line('left out'), line('left out of theirs')];
    await spoor.send('POST', '/api/v1/imports', { query: { owner: 'me' }, body: mine });
    await spoor.send('POST', '/api/v1/imports', { query: { owner: 'them' }, body: theirs });
    await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: 'left out' } });
    const sent = { query: { owner: 'me' }, body: mine + theirs };
    const { status, json } = await spoor.send('POST', '/api/v1/imports', sent);
    expect([status, json.error]).toEqual([
      422,
      'None of the 2 read was added: 1 erased before, 1 for URLs of other owners.',
    ]);
  });

  test('that is undone leaves URLs that were changed since, or that have other clicks', async () => {
    const key = await spoor.createKey('me');
    const { id } = (
      await spoor.send('POST', '/api/v1/imports', {
        key,
        body: ['alone', 'changed', 'clicked'].map((code) => line(`undone ${code}`)).join(''),
      })
    ).json;
    await spoor.send('PUT', '/api/v1/urls/undone%20changed', { key, json: { private_stats: false } });
    await spoor.send('POST', '/api/v1/clicks', { key, ndjson: [{ short_code: 'undone clicked' }] });
    const { json } = await spoor.send('DELETE', `/api/v1/imports/${id}`, { key });
    expect(json).toEqual({ removed_clicks: 3, removed_urls: 1 });
    const statuses = await Promise.all(
      ['alone', 'changed', 'clicked'].map((code) => spoor.send('GET', `/api/v1/urls/undone%20${code}`)),
    );
    expect(statuses.map(({ status }) => status)).toEqual([404, 200, 200]);
    expect(await countOf('undone clicked')).toBe(1);
    expect((await spoor.send('DELETE', `/api/v1/imports/${id}`, { key })).json).toEqual({
      removed_clicks: 0,
      removed_urls: 0,
    });
  });

  test('that comes slowly loses its place to another owner’s', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((owner) => spoor.createKey(`slow ${owner}`)));
    const slow = [a, a, b, b].map((key, place) => {
      const sending = request(`${spoor.url}/api/v1/imports?file=slow-${place}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
      });
      const cut = new Promise<string>((resolve) => {
        sending.once('error', ({ message }) => resolve(message));
      });
      sending.write(line(`slow-${place}`));
      return { sending, cut };
    });
    const taken = async (): Promise<number> => {
      const { text } = await spoor.send('GET', '/metrics');
      return Number(/^spoor_share_in_use\{resource="imports"\} (\d+)$/m.exec(text)?.[1]);
    };
    await waitUntil('all places to be taken', async () => (await taken()) === slow.length);
    const fast = await spoor.send('POST', '/api/v1/imports', { key: c ?? '', body: line('fast') });
    expect(fast.json).toMatchObject({ accepted: 1 });
    await Promise.race(slow.map(({ cut }) => cut));
    expect(await taken()).toBe(slow.length - 1);
    for (const { sending } of slow) sending.destroy();
    await waitUntil('their end', async () => (await taken()) === 0);
  });
});
