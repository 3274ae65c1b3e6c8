import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from '../../src/clickhouse/database.ts';
import { EXPORT_FORMATS } from '../../src/export/formats.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { compileExport } from '../../src/stats/sql/compile-export.ts';
import { readExport } from '../../src/stats/result/export-content.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { exportQuery } from '../../src/stats/parse/requested-query.ts';
import { type TestSpoor, clickHouseSettings, startSpoor } from '../support/spoor.ts';

const CLICKS = 1_000_000;
const MIB = 1_048_576;

/** Above it the query goes by way of the disk. */
const SPILL_BYTES = 32 * MIB;
/** Sets of visitors and the buffers of a merge come on top; the rows of the result alone would take twice as much. */
const MOST_BYTES = 640 * MIB;

let spoor: TestSpoor;
let frugal: Database;
beforeAll(async () => {
  spoor = await startSpoor();
  const { CLICKHOUSE_URL = '', CLICKHOUSE_USER = '', CLICKHOUSE_PASSWORD = '' } = clickHouseSettings();
  const server = { url: CLICKHOUSE_URL, user: CLICKHOUSE_USER, password: CLICKHOUSE_PASSWORD };
  frugal = new Database(server, spoor.database.name, () => {}, {
    exports: {
      max_memory_usage: String(MOST_BYTES),
      max_bytes_before_external_group_by: String(SPILL_BYTES),
      max_bytes_before_external_sort: String(SPILL_BYTES),
    },
  });
  await spoor.database.commandText(
    `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer)
    SELECT 'wide', concat('c', toString(number % 1000)),
      toDateTime64('2025-01-01 00:00:00', 3, 'UTC') + intHash32(number) % 2592000, number % 400000,
      concat('Browser ', toString(number % 7)), concat('System ', toString(number % 5)), 'DE',
      concat('A city of some length, number ', toString(number % 300)),
      concat('https://example.org/a/page/of/some/length/', toString(number % 900)) FROM numbers(${CLICKS})`,
  );
});
afterAll(async () => {
  await frugal.close();
  await spoor.stop();
});

async function rowsAndCounts(raw: Record<string, string>) {
  const now = Date.parse('2025-02-01T00:00Z');
  const everything = {
    start_date: '2025-01-01',
    end_date: '2025-01-31',
    interval: '10_minute',
    group_by: 'time,browser,os,country,city,referrer,short_code',
    breakdown: 'true',
    ...raw,
  };
  const query = exportQuery(parseStatsRequest(everything, { now, timeZones: new Set(['UTC']) }), undefined);
  const { row } = EXPORT_FORMATS.csv;
  const plan = planStats(query, { kind: 'owner', ownerId: 'wide' });
  const compiled = compileExport(plan, row);
  const content = await readExport(plan, await frugal.text(compiled, new AbortController().signal), row, now);
  const lines: Record<string, number> = {};
  for await (const { name, rows } of content.lists) {
    let count = 0;
    for await (const piece of rows) count += lineEndsIn(piece);
    lines[name] = count;
  }
  return { lines, groups: content.groupCounts };
}

function lineEndsIn(piece: Buffer): number {
  let count = 0;
  for (let place = piece.indexOf(10); place !== -1; place = piece.indexOf(10, place + 1)) count++;
  return count;
}

const GROUPS = { browser: 7, os: 5, country: 1, city: 300, referrer: 900, short_code: 1_000 };
const BREAKDOWN = 'time_browser_os_country_city_referrer_short_code';

test('the full breakdown of a million clicks is exported whole within a bound that its rows would not fit', async () => {
  const { lines, groups } = await rowsAndCounts({});
  const all = groups[BREAKDOWN] ?? 0;
  expect(all).toBeGreaterThan(CLICKS * 0.9);
  expect(groups).toEqual({ ...GROUPS, [BREAKDOWN]: all });
  expect(lines).toMatchObject({
    clicks_by_city: 300,
    unique_clicks_by_short_code: 1_000,
    [`clicks_by_${BREAKDOWN}`]: all,
    [`unique_clicks_by_${BREAKDOWN}`]: all,
  });
}, 120_000);

test('and so is what a limit leaves of it', async () => {
  const { lines, groups } = await rowsAndCounts({ limit: '10' });
  expect(groups).toMatchObject(GROUPS);
  expect(groups[BREAKDOWN]).toBeGreaterThan(CLICKS * 0.9);
  const { clicks_by_time: _, unique_clicks_by_time: __, ...cut } = lines;
  expect(Object.values(cut).filter((count) => count > 10)).toEqual([]);
}, 120_000);
