import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { ZoneAgreement } from '../../src/clickhouse/zone-agreement.ts';
import { render } from '../../src/sql/render.ts';
import { join, param, sql } from '../../src/sql/sql.ts';
import { type Segment, segments } from '../../src/lib/time-zone.ts';
import { bucketExpression } from '../../src/stats/sql/time-bucket.ts';
import { type BucketPlan, planBuckets } from '../../src/stats/time/bucket-plan.ts';
import { type Interval, INTERVALS } from '../../src/stats/registry/intervals.ts';
import { bucketStart } from '../support/bucket-start.ts';
import { SEED, seededRandom, tries } from '../support/random.ts';
import { clickHouseSettings } from '../support/spoor.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEARS = { start: Date.UTC(2000, 0, 1), end: Date.UTC(2026, 11, 31) };

/** Those of the registry, and another that ClickHouse has. */
const ALL_INTERVALS: readonly Interval[] = [...Object.values(INTERVALS), { ...INTERVALS.hour, length: 360 }];

let database: Database;
let zones: ZoneAgreement;
let known: readonly string[];

beforeAll(async () => {
  const settings = clickHouseSettings();
  const server = {
    url: settings['CLICKHOUSE_URL'] ?? '',
    user: settings['CLICKHOUSE_USER'] ?? '',
    password: settings['CLICKHOUSE_PASSWORD'] ?? '',
  };
  database = new Database(server, 'default');
  zones = new ZoneAgreement(database);
  const rows = await database.rows<[string]>(sql`SELECT time_zone FROM system.time_zones`);
  const ofClickHouse = new Set(rows.map(([zone]) => zone));
  known = [...Intl.supportedValuesOf('timeZone'), 'UTC'].filter((zone) => ofClickHouse.has(zone));
});
afterAll(() => database.close());

/** A change of a zone's offset. */
type Change = { readonly at: number; readonly before: number; readonly after: number };

/** One change of each kind: most zones make the same two each year. */
function kindsOfChanges(periods: readonly Segment[]): readonly Change[] {
  const kinds = new Map<string, Change>();
  for (const [index, { start: at, offset: after }] of periods.entries()) {
    const before = periods[index - 1]?.offset;
    if (before === undefined || at < YEARS.start) continue;
    const kind = `${before} ${after} ${(at + before * MINUTE) % DAY}`;
    if (!kinds.has(kind)) kinds.set(kind, { at, before, after });
  }
  return [...kinds.values()];
}

/** Ranges that begin before a change, at it, and in the days after it; one that has none, and one of years. */
function rangesOf(changes: readonly Change[]) {
  return [
    { start: Date.UTC(2005, 5, 20, 3), end: Date.UTC(2005, 5, 22) },
    { start: Date.UTC(2018, 0, 1), end: Date.UTC(2019, 11, 31) },
    ...changes.flatMap(({ at }) => [
      { start: at - 26 * HOUR, end: at + 26 * HOUR },
      { start: at, end: at + 26 * HOUR },
      { start: at + 7 * HOUR, end: at + 60 * HOUR },
      { start: at + 49 * HOUR, end: at + 80 * HOUR },
    ]),
  ];
}

/** Instants of a range, in seconds: on both sides of every place where a bucket may begin on the days of changes. */
function instantsOf(
  interval: Interval,
  { start, end }: { start: number; end: number },
  changes: readonly Change[],
) {
  const step = end - start > 10 * DAY ? 6.5 * DAY : interval.unit === 'minute' ? HOUR : 5 * HOUR;
  const steps = Array.from({ length: Math.ceil((end - start) / step) }, (_, index) => start + index * step);
  const near = changes.flatMap(({ at }) =>
    [-30, -15, -1, 0, 1, 15, 30].map((minutes) => at + minutes * MINUTE),
  );
  const places = [...steps, start, ...near].map((at) => Math.floor(at / 1000));
  return places.flatMap((at) => [at - 1, at]).filter((at) => at * 1000 >= start && at * 1000 <= end);
}

/** For an interval, instants and the starts of their buckets, wherever ClickHouse is to find those by itself. */
async function expectedStarts(interval: Interval, zone: string, changes: readonly Change[]) {
  const starts = new Map<number, number>();
  let byClickHouse: BucketPlan | undefined;
  for (const range of rangesOf(changes)) {
    const plan = planBuckets(interval, range, zone, await zones.agree(zone, range));
    if (plan.kind !== 'interval') continue;
    byClickHouse = plan;
    const explicit = planBuckets(interval, range, zone, false);
    for (const at of instantsOf(interval, range, changes)) starts.set(at, bucketStart(explicit, at));
  }
  return { byClickHouse, starts };
}

/** Which of an interval's buckets ClickHouse does not find as it is to. */
async function misplaced(
  zone: string,
): Promise<{ readonly tried: number; readonly wrong: readonly string[] }> {
  const changes = kindsOfChanges(segments(zone, YEARS.start, YEARS.end));
  const time = sql`toDateTime64(t, 3, 'UTC')`;
  const columns = [];
  let tried = 0;
  for (const interval of ALL_INTERVALS) {
    const { byClickHouse, starts } = await expectedStarts(interval, zone, changes);
    if (byClickHouse === undefined) continue;
    tried += starts.size;
    const instants = param('Array(Int64)', [...starts.keys()]);
    const expected = param('Array(Int64)', [...starts.values()]);
    const name = param('String', `${zone} ${interval.length} ${interval.unit}`);
    columns.push(
      sql`(${name}, arrayFilter((t, start) -> ${bucketExpression(byClickHouse, time)} != start, ${instants}, ${expected}))`,
    );
  }
  const found = sql`SELECT arrayJoin([${join(columns, ', ')}]) AS found`;
  const rows = await database.rows<[string]>(
    sql`SELECT toString(found) FROM (${found}) WHERE notEmpty(found.2)`,
  );
  return { tried, wrong: rows.map(([row]) => row) };
}

/** Some zones have what no other has, and are tried each time. */
const ODD_ZONES = [
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Antarctica/Casey',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'UTC',
];
const OTHER_ZONES = tries(10);

test(`wherever ClickHouse’s function is taken, it finds the buckets of an explicit plan (SPOOR_TEST_SEED=${SEED})`, async () => {
  // Zones of one history are read from the same data.
  const byHistory = new Map(
    known.map((zone) => [JSON.stringify(segments(zone, YEARS.start, YEARS.end)), zone]),
  );
  expect(byHistory.size).toBeGreaterThan(150);
  const below = seededRandom(SEED);
  const others = [...byHistory.values()];
  const drawn = Array.from({ length: OTHER_ZONES }, () => others.splice(below(others.length), 1)).flat();
  const zonesTried = new Set([...ODD_ZONES, ...drawn]);
  const wrong: string[] = [];
  let tried = 0;
  for (const zone of zonesTried) {
    const result = await misplaced(zone);
    tried += result.tried;
    wrong.push(...result.wrong);
  }
  expect(wrong).toEqual([]);
  expect(tried / zonesTried.size).toBeGreaterThan(500);
}, 600_000);

test.each([
  ['America/New_York', '2009-06-01', true],
  ['Australia/Lord_Howe', '2009-06-01', true],
  // Clocks changed at 00:01, and ClickHouse knows quarters of an hour.
  ['America/St_Johns', '2009-06-01', false],
  ['America/St_Johns', '2015-06-01', true],
  // Clocks were set back by three hours at 02:00.
  ['Antarctica/Casey', '2010-06-01', false],
  ['UTC', '2009-06-01', true],
])('ClickHouse shows the same clock in %s about %s: %s', async (zone, date, isSame) => {
  const start = Date.parse(date);
  expect(await zones.agree(zone, { start, end: start + DAY })).toBe(isSame);
});

test('zones are compared once, also for many at once', async () => {
  let asked = 0;
  const counting = new ZoneAgreement({
    rows: async (query, options) => {
      asked++;
      return database.rows(query, options);
    },
  });
  const range = { start: Date.UTC(2020, 0, 1), end: Date.UTC(2021, 0, 1) };
  const verdicts = await Promise.all([1, 2, 3].map(() => counting.agree('Europe/Berlin', range)));
  expect([...verdicts, await counting.agree('Europe/Berlin', { ...range, start: YEARS.start })]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  // Whether ClickHouse knows it, and the comparison.
  expect(asked).toBe(2);
});

test('a zone that one of the nodes does not know is never ClickHouse’s, and no query names it', async () => {
  const texts: string[] = [];
  const lacking = new ZoneAgreement({
    rows: async (query, options) => {
      texts.push(render(query).sql);
      const [row] = await database.rows<[number]>(query, options);
      return [row, [0]] as never;
    },
  });
  const range = { start: YEARS.start, end: Date.now() };
  expect(await lacking.agree('Europe/Berlin', range)).toBe(false);
  expect(texts).toEqual([expect.stringContaining('system.time_zones')]);
});

test('a comparison that failed is made again', async () => {
  let asked = 0;
  const failing = new ZoneAgreement({
    rows: async (query, options) => {
      if (++asked === 1) throw new Error('unreachable');
      return database.rows(query, options);
    },
  });
  const range = { start: Date.UTC(2020, 0, 1), end: Date.UTC(2021, 0, 1) };
  await expect(failing.agree('Europe/Berlin', range)).rejects.toThrow('unreachable');
  expect(await failing.agree('Europe/Berlin', range)).toBe(true);
});
