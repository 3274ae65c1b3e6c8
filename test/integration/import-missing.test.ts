import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CLICK_KEY, putClickKey } from '../../src/clicks/import/click-keys.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { type BatchDescription, batchHeader } from '../support/import-batch.ts';
import { countsByDefinition } from '../support/line-counts.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

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

/** Sends lines as one file, cut into batches; only the first ones, where the command is killed behind them. */
async function importLines(
  prefix: string,
  {
    lines,
    format,
    cuts,
    sent,
  }: { lines: readonly Line[]; format: string; cuts: readonly number[]; sent: number },
): Promise<readonly any[]> {
  const places = [...new Set(cuts.map((cut) => cut % (lines.length + 1)))].toSorted((a, b) => a - b);
  const edges = [0, ...places, lines.length];
  const stream = randomUUID();
  const reports: any[] = [];
  for (const [sequence, start] of edges.slice(0, -1).entries()) {
    if (sequence >= sent) break;
    const some = lines.slice(start, edges[sequence + 1]);
    const { status, json } = await spoor.send('POST', '/control/import', {
      headers: batchHeader('me', {
        reading: { format, columns: format === 'csv' ? COLUMNS : [] },
        first_line: start + 1,
        stream,
        sequence,
        is_last: sequence === edges.length - 2,
      }),
      body: some.map((line) => `${FORMATS[format]?.(prefix, line)}\n`).join(''),
    });
    expect(status).toBe(200);
    expect(json.read).toBe(json.accepted + json.known + json.erased);
    reports.push(json);
  }
  return reports;
}

const keyOf = ({ code, second, visitor }: Line): string => `${code} ${second} ${visitor}`;

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
const importing = fc.record({
  file,
  format: fc.constantFrom('ndjson', 'csv', 'combined'),
  cuts: fc.array(fc.nat(), { maxLength: 3 }),
  sent: fc.constantFrom(1, 2, 9, 9, 9),
});
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
);

/** What is stored, by `keyOf`, and what was erased. */
class Model {
  readonly counts = new Map<string, number>();
  readonly #erased: ((line: Line) => boolean)[] = [];

  add(lines: readonly Line[], sent: readonly number[]): void {
    const counts = countsByDefinition(lines.map((one) => ({ key: keyOf(one), time: timeOf(one) * 1_000 })));
    for (const [place, one] of lines
      .slice(
        0,
        sent.reduce((a, b) => a + b, 0),
      )
      .entries()) {
      if (timeOf(one) <= BEGUN && this.#erased.some((holds) => holds(one))) continue;
      this.counts.set(keyOf(one), Math.max(counts[place] ?? 0, this.counts.get(keyOf(one)) ?? 0));
    }
  }

  /** @param isErased a click of the past is not to come back */
  erase(isErased: (line: Line) => boolean): void {
    this.#erased.push(isErased);
    for (const key of this.counts.keys()) {
      const [code = 0, second = 0, visitor = 0] = key.split(' ').map(Number);
      if (isErased({ code, second, visitor })) this.counts.delete(key);
    }
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

let visitors: readonly string[];
beforeAll(async () => {
  for (const visitor of [0, 1]) {
    await importLines(`visitor${visitor}`, {
      lines: [{ code: 0, second: 0, visitor }],
      format: 'csv',
      cuts: [],
      sent: 9,
    });
  }
  const rows = await spoor.database.rows<[string]>(
    sql`SELECT toString(visitor) FROM clicks ORDER BY short_code`,
  );
  visitors = rows.flat();
});

test('whatever is imported, in whatever pieces, the clicks that are missing are added', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(log, fc.array(step, { minLength: 1, maxLength: 4 }), async (all, steps) => {
      const prefix = `run${++run}`;
      const model = new Model();
      for (const one of steps) {
        if (one.do === 'import') {
          const files = one.files.map((each) => ({ ...each, lines: each.file(all) }));
          const reports = await Promise.all(files.map((each) => importLines(prefix, each)));
          files.forEach(({ lines }, place) =>
            model.add(lines, reports[place]?.map(({ read }) => read) ?? []),
          );
        } else if (one.do === 'erase') {
          const end = TIMES[one.second] ?? 0;
          const json = { short_code: `${prefix}-${one.code}`, end_date: String(end) };
          expect((await spoor.send('DELETE', '/api/v1/clicks', { json })).status).toBe(200);
          model.erase((line) => line.code === one.code && timeOf(line) <= end);
        } else {
          const { status } = await spoor.send('DELETE', `/api/v1/urls/${prefix}-${one.code}`);
          if (status === 204) model.erase(({ code }) => code === one.code);
          else expect(status).toBe(404);
        }
        expect(await stored(prefix)).toEqual(model.counts);
      }
    }),
    { numRuns: 8 },
  );
});

const post = (lines: readonly object[], parts: Partial<BatchDescription> = {}, owner = 'me') =>
  spoor.send('POST', '/control/import', {
    headers: batchHeader(owner, parts),
    body: lines.map((one) => `${JSON.stringify(one)}\n`).join(''),
  });

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
  expect((await post(lines, { any_owner: true })).json).toMatchObject({
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
  const all = Array.from({ length: 40 }, (_, second) => at(second));
  expect((await post(all)).json).toMatchObject({ accepted: 40 });
  expect((await post([at(-1), at(0), at(39), at(39), at(40)])).json).toMatchObject({
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
    const { json } = await post(lines, { allow_duplicates: true });
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

test('the log of a deleted URL does not register it again', async () => {
  const lines = [{ short_code: 'gone', clicked_at: clickedAt }];
  await post(lines);
  await spoor.send('DELETE', '/api/v1/urls/gone');
  expect((await post(lines)).json).toMatchObject({ accepted: 0, erased: 1 });
  expect((await spoor.send('GET', '/api/v1/urls/gone')).status).toBe(404);
});

test('batches that arrive in another order are counted in that of their file', async () => {
  const line = { short_code: 'order', clicked_at: clickedAt };
  const stream = randomUUID();
  const batch = (sequence: number) => post([line, line], { stream, sequence, is_last: sequence === 1 });
  const answers = await Promise.all([batch(1), batch(0)]);
  expect(answers.map(({ json }) => json.accepted)).toEqual([2, 2]);
  expect(await countOf('order')).toBe(4);
  expect((await post([line, line, line, line])).json).toMatchObject({ known: 4 });
});

test('a batch that failed can be sent again, with the one behind it', async () => {
  const line = { short_code: 'failed', clicked_at: clickedAt };
  const stream = randomUUID();
  const batch = (sequence: number) => post([line, line], { stream, sequence, is_last: sequence === 1 });
  await spoor.database.commandText('RENAME TABLE clicks TO clicks_away');
  const failed = await Promise.all([batch(0), batch(1)]);
  await spoor.database.commandText('RENAME TABLE clicks_away TO clicks');
  expect(failed.map(({ status }) => status >= 500)).toEqual([true, true]);
  for (const sequence of [0, 1]) expect((await batch(sequence)).json).toMatchObject({ accepted: 2 });
  expect(await countOf('failed')).toBe(4);
});
