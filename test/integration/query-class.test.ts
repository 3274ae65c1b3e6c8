import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RowEstimates } from '../../src/cache/row-estimates.ts';
import type { Holder } from '../../src/fair-share/holder.ts';
import { type QueryClass, classOf, exportClassOf } from '../../src/http/request/query-class.ts';
import type { Tenant } from '../../src/stats/sql/conditions.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import type { StatsQuery } from '../../src/stats/query.ts';
import { param, sql } from '../../src/sql/sql.ts';
import { waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/** Granules of a table have so many rows at most. */
const GRANULE = 8_192;
const CLICKS = 1_000_000;
const END = Date.UTC(2025, 5, 30);

const OWNER: Holder = { kind: 'owner', name: 'somebody' };
const ANONYMOUS: Holder = { kind: 'anonymous', name: '192.0.2.1' };

let spoor: TestSpoor;
let estimates: RowEstimates;

beforeAll(async () => {
  // So many may run at once that each has a few megabytes of memory.
  spoor = await startSpoor({ SPOOR_MAX_QUERIES: '1000' });
  await spoor.send('PUT', '/api/v1/urls/busy', { json: { owner_id: 'big', private_stats: false } });
  await spoor.send('PUT', '/api/v1/urls/quiet', { json: { owner_id: 'small', private_stats: false } });
  const insert = (owner: string, code: string, count: number) => sql`
    INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser)
    SELECT ${param('String', owner)}, ${param('String', code)},
      toDateTime64('2025-06-01', 3, 'UTC') + number % 2000000, intHash64(number), 'Chrome'
    FROM numbers(${param('UInt64', count)})`;
  await spoor.database.command(insert('big', 'busy', CLICKS));
  await spoor.database.command(insert('small', 'quiet', 1_000));
}, 120_000);
beforeEach(() => {
  estimates = new RowEstimates(spoor.database, spoor.sharding);
});
afterAll(() => spoor.stop());

function queryOf(raw: Readonly<Record<string, string>>): StatsQuery {
  const dates = { start_date: '2025-06-01', end_date: String(END) };
  return statsQuery(parseStatsRequest({ ...dates, ...raw }, { now: END, timeZones: new Set(['UTC']) }));
}

const urlOf = (ownerId: string, shortCode: string): Tenant => ({ kind: 'url', ownerId, shortCode });
const ownerOf = (ownerId: string): Tenant => ({ kind: 'owner', ownerId });

/** What is estimated once it was looked up. */
function lookedUp(of: RowEstimates, query: StatsQuery, tenant: Tenant): Promise<number> {
  of.refresh(query, tenant);
  return waitUntil('an estimate', async () => of.find(query, tenant));
}

async function knownClass(query: StatsQuery, tenant: Tenant, holder: Holder): Promise<QueryClass> {
  await lookedUp(estimates, query, tenant);
  return classOf(query, tenant, holder, estimates);
}

test('what a question reads is estimated by ClickHouse’s index, and by the range', async () => {
  const query = queryOf({});
  const rows = await lookedUp(estimates, query, ownerOf('big'));
  expect(rows).toBeGreaterThan((CLICKS - GRANULE) / 3);
  expect(rows).toBeLessThan(CLICKS + 10 * GRANULE);
  const half = queryOf({ start_date: String((Date.UTC(2025, 5, 1) + END) / 2) });
  expect(estimates.find(half, ownerOf('big'))).toBeCloseTo(rows / 2, -1);
});

test('an answer tells as much, where nothing but the range bounds what it counts', async () => {
  const learning = new RowEstimates(spoor.database, spoor.sharding);
  const answered = async () => ({ summary: { total_clicks: 1_234 } });
  const quiet = urlOf('small', 'quiet');
  await learning.learnFrom(queryOf({}), quiet, answered);
  expect(learning.find(queryOf({}), quiet)).toBe(1_234);
  // Of these the answer tells less than they read.
  for (const raw of [{ browser: 'Chrome' }, { bots: 'exclude' }, { compare: 'previous' }]) {
    const other = new RowEstimates(spoor.database, spoor.sharding);
    await other.learnFrom(queryOf(raw), quiet, answered);
    const rows = await waitUntil('an estimate', async () => other.find(queryOf(raw), quiet));
    expect(rows).not.toBe(1_234);
  }
});

test('a question that is not answered at once is looked up meanwhile', async () => {
  const learning = new RowEstimates(spoor.database, spoor.sharding);
  const [query, busy] = [queryOf({}), urlOf('big', 'busy')];
  await learning.learnFrom(query, busy, async () => {
    const rows = await waitUntil('an estimate', async () => learning.find(query, busy));
    return { summary: { total_clicks: rows } };
  });
});

describe('a range of few clicks, asked about before', () => {
  const nothing = queryOf({ start_date: '2000-01-01', end_date: '2000-01-02' });
  const all = queryOf({});
  const day = queryOf({ start_date: '2025-06-02', end_date: '2025-06-02' });
  const busy = urlOf('big', 'busy');

  test('tells nothing of one of many', async () => {
    const poisoned = new RowEstimates(spoor.database, spoor.sharding);
    expect(await lookedUp(poisoned, nothing, busy)).toBe(0);
    expect(poisoned.find(all, busy)).toBeUndefined();
    const rows = await lookedUp(poisoned, all, busy);
    expect(rows).toBeGreaterThan((CLICKS - GRANULE) / 3);
  });

  test('nor does one that is mostly without clicks of the part that has them', async () => {
    const poisoned = new RowEstimates(spoor.database, spoor.sharding);
    const long = queryOf({ start_date: '2000-01-01' });
    const rows = await lookedUp(poisoned, long, busy);
    expect(poisoned.find(all, busy)).toBe(rows);
    expect(poisoned.find(day, busy)).toBe(rows);
    poisoned.refresh(day, busy);
    await waitUntil('the day’s own', async () => (poisoned.find(day, busy) ?? rows) < rows || undefined);
  });
});

describe('the class of a question', () => {
  test('is by what it reads, once that is known', async () => {
    const query = queryOf({ group_by: 'time,browser,os' });
    expect(await knownClass(query, urlOf('big', 'busy'), OWNER)).toMatchObject({ workload: 'questions' });
    expect(await knownClass(query, urlOf('big', 'busy'), ANONYMOUS)).toMatchObject({ workload: 'strangers' });
    const cheap = { isExpensive: false, workload: 'links', cost: 1 };
    expect(await knownClass(query, urlOf('small', 'quiet'), OWNER)).toEqual(cheap);
    expect(await knownClass(query, urlOf('small', 'quiet'), ANONYMOUS)).toEqual(cheap);
    expect(await knownClass(query, ownerOf('small'), OWNER)).toEqual(cheap);
    const first = { holder: OWNER, running: 1 };
    const further = { holder: OWNER, running: 2 };
    expect(exportClassOf(query, urlOf('big', 'busy'), first, estimates)).toBe('exports');
    expect(exportClassOf(query, urlOf('big', 'busy'), further, estimates)).toBe('further_exports');
    expect(exportClassOf(query, urlOf('small', 'quiet'), further, estimates)).toBe('links');
  });

  test('before that: a link of an owner is cheap, all else is not', () => {
    const query = queryOf({});
    const unknown = new RowEstimates(spoor.database, spoor.sharding);
    const classes = [
      classOf(query, urlOf('big', 'busy'), OWNER, unknown),
      classOf(query, ownerOf('big'), OWNER, unknown),
      classOf(query, urlOf('big', 'busy'), ANONYMOUS, unknown),
    ];
    expect(classes.map(({ workload }) => workload)).toEqual(['links', 'questions', 'strangers']);
  });

  test('costs more by lists, visitors and range', async () => {
    const costs = [];
    for (const raw of [
      { group_by: 'browser', metrics: 'clicks' },
      { group_by: 'browser' },
      { group_by: 'browser,os,city' },
      { group_by: 'browser,os,city', breakdown: 'true' },
      { group_by: 'browser,os,city', breakdown: 'true', compare: 'previous' },
    ]) {
      const query = queryOf({ ...raw, start_date: '2025-06-05' });
      costs.push((await knownClass(query, ownerOf('big'), OWNER)).cost);
    }
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
    expect(new Set(costs).size).toBe(costs.length);
  });
});

test('a question too large for its part of memory is answered all the same', async () => {
  const { status, json } = await spoor.send('GET', '/api/v1/stats', {
    query: { scope: 'anon', short_code: 'busy', start_date: '2025-06-01', end_date: '2025-06-30' },
  });
  expect([status, json.summary?.unique_clicks]).toEqual([200, CLICKS]);
  const metrics = await spoor.send('GET', '/metrics');
  // It was refused that way once.
  expect(metrics.text).toMatch(
    /^spoor_clickhouse_query_duration_seconds_count\{kind="select",outcome="error"\} 1$/m,
  );
});
