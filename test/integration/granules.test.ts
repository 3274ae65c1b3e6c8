import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { compile } from '../../src/stats/sql/compile.ts';
import type { Tenant } from '../../src/stats/sql/conditions.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const START = Date.parse('2025-12-01T00:00Z');
const END = Date.parse('2026-02-01T00:00Z');
const OWNERS = 4;
const LINKS = 10;
const CLICKS = 800_000;
const GRANULE = 8_192;

let spoor: TestSpoor;
beforeAll(async () => {
  // Each server of a cluster reads its own clicks in the same way: one is enough here.
  spoor = await startSpoor({ CLICKHOUSE_CLUSTER: '' });
  await spoor.database.command(sql`INSERT INTO clicks
    (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer, is_bot, click_id, ingest_id)
  SELECT concat('owner ', toString(number % ${param('UInt64', OWNERS)})),
    concat('link ', toString(intDiv(number, ${param('UInt64', OWNERS)}) % ${param('UInt64', LINKS)})),
    fromUnixTimestamp64Milli(${param('Int64', START)} + toInt64(number * ${param('UInt64', (END - START) / CLICKS)}), 'UTC'),
    number, 'Chrome', 'Linux', 'DE', 'Bonn', 'Direct', false, '', 0
  FROM numbers(${param('UInt64', CLICKS)})`);
  await spoor.database.commandText('OPTIMIZE TABLE clicks FINAL');
  for (const [code, tags] of [
    ['link 3', "['one']"],
    ['link 7', "['one', 'two']"],
  ]) {
    await spoor.database.commandText(
      `INSERT INTO urls (short_code, owner_id, tags, version) VALUES ('${code}', 'owner 1', ${tags}, 1)`,
    );
  }
});
afterAll(() => spoor.stop());

/** How many granules each read of a question's query looks into, of how many there are. */
async function granulesOf(raw: Readonly<Record<string, string>>, tenant: Tenant) {
  const query = statsQuery(parseStatsRequest(raw, { now: END, timeZones: new Set(['UTC']) }));
  const lines = await spoor.database.rows<[string]>(
    sql`EXPLAIN indexes = 1 ${compile(planStats(query, tenant))}`,
  );
  const plan = lines.map(([line]) => line).join('\n');
  return plan
    .split('ReadFromMergeTree')
    .slice(1)
    .filter((read) => !read.startsWith(` (${spoor.database.name}.urls)`))
    .map((read) => [...read.matchAll(/Granules: (\d+)\/(\d+)/g)])
    .map((steps) => ({ all: Number(steps.at(0)?.[2]), selected: Number(steps.at(-1)?.[1]) }));
}

test('a link’s question reads the granules of that link, month and days alone', async () => {
  const link: Tenant = { kind: 'url', ownerId: 'owner 2', shortCode: 'link 3' };
  const anon = { scope: 'anon', short_code: 'link 3', end_date: String(END - 1) };
  const [week, ...others] = await granulesOf(anon, link);
  expect(others).toEqual([]);
  expect(week?.all).toBeGreaterThanOrEqual(CLICKS / GRANULE);
  // Rows lie by link and time, so that a week of a link is one stretch, with a granule begun at either end.
  const clicksOfWeek = (CLICKS / OWNERS / LINKS) * ((7 * 86_400_000) / (END - START));
  expect(week?.selected).toBeLessThanOrEqual(Math.ceil(clicksOfWeek / GRANULE) + 1);

  const always = { ...anon, start_date: String(START), group_by: 'time,browser,city' };
  const reads = await granulesOf(always, link);
  expect(reads).toHaveLength(2);
  // Two months are two parts.
  const mostOfLink = Math.ceil(CLICKS / OWNERS / LINKS / GRANULE) + 3;
  for (const { selected } of reads) expect(selected).toBeLessThanOrEqual(mostOfLink);
});

test('an owner’s question reads the granules of that owner alone', async () => {
  const always = { start_date: String(START), end_date: String(END - 1), group_by: 'time,os' };
  for (const { all, selected } of await granulesOf(always, { kind: 'owner', ownerId: 'owner 1' })) {
    expect(selected).toBeGreaterThanOrEqual(all / OWNERS - 2);
    expect(selected).toBeLessThanOrEqual(all / OWNERS + 4);
  }
});

const absent = Array.from({ length: 20 }, (_, index) => `absent ${index}`);

test('values are looked for around the range alone', async () => {
  const raw = { 'city.contains': ['on', ...absent].join(','), start_date: '2026-01-05', group_by: 'os' };
  const query = statsQuery(parseStatsRequest(raw, { now: END, timeZones: new Set(['UTC']) }));
  let rows = 0;
  await spoor.database.rows(compile(planStats(query, { kind: 'owner', ownerId: 'owner 1' })), {
    onSummary: (summary) => (rows = summary.rows),
  });
  // The owner's clicks of January are read twice, with a granule begun at either end, and none of December.
  const january = (CLICKS / OWNERS) * (31 / 62);
  expect(rows).toBeGreaterThan(january);
  expect(rows).toBeLessThanOrEqual(2 * (january + 2 * GRANULE));
});

test.each([
  [{ short_code: 'link 3' }, 1],
  [{ short_code: 'link 3,link 7' }, 2],
  [{ 'short_code.starts_with': 'link 3' }, 1],
  [{ tag: 'two' }, 1],
  [{ 'tag.starts_with': 'o' }, 2],
  [{ 'short_code.starts_with': 'link 3,link 7' }, 2],
  [{ 'short_code.starts_with': ['link 3', ...absent].join(',') }, 1],
  [{ 'short_code.contains': ['k 3', 'k 7', ...absent].join(',') }, 2],
  [{ filters: '{"short_code":{"starts_with":["LINK 3"],"case_sensitive":false}}' }, 1],
  [{ filters: '["and",[["starts_with","short_code",["link"]],["is","short_code",["link 3"]]]]' }, 1],
  [{ filters: '["or",[{"short_code":"link 3"},{"short_code":{"starts_with":"link 7"}}]]' }, 2],
])('an owner’s question about some links reads their granules alone: %j', async (filter, links) => {
  const raw = { ...filter, start_date: String(START), end_date: String(END - 1), group_by: 'os' };
  const mostOfLink = Math.ceil(CLICKS / OWNERS / LINKS / GRANULE) + 3;
  for (const { selected } of await granulesOf(raw, { kind: 'owner', ownerId: 'owner 1' })) {
    expect(selected).toBeGreaterThan(0);
    expect(selected).toBeLessThanOrEqual(links * mostOfLink);
  }
});
