import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import type { StatsRow } from '../../src/stats/result/stats-result.ts';
import { runStats } from '../../src/stats/run-stats.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { statsQuery } from '../../src/stats/parse/requested-query.ts';
import { VISITOR_PLANS } from '../../src/stats/plan.ts';
import { asSent } from '../support/as-sent.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const END = Date.parse('2026-01-15T00:00Z');
const DAY = 86_400_000;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** Clicks of one place, by so many visitors in turn. */
async function insert(owner: string, clicks: number, visitors: number, from = 0): Promise<void> {
  await spoor.database.command(sql`INSERT INTO clicks
    (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer, is_bot, click_id, ingest_id)
  SELECT ${param('String', owner)}, toString(number % 7), fromUnixTimestamp64Milli(${param('Int64', END)} - toInt64(number % 10000 * 60000), 'UTC'),
    cityHash64(number % ${param('UInt64', visitors)}) AS hash, toString(cityHash64(number, 1) % 5), toString(hash % 3), 'DE', 'Bonn', 'Direct', false, '', 0
  FROM numbers(${param('UInt64', from)}, ${param('UInt64', clicks)})`);
}

test('an owner whose visitors mostly come once is answered the same before and after that is known', async () => {
  await insert('fresh', 150_000, 120_000);
  const query = {
    owner_id: 'fresh',
    end_date: String(END),
    group_by: 'time,browser,os,country,city,referrer,short_code',
    breakdown: 'true',
  };
  // Another limit is another question to the cache of responses, and shows as much.
  const ask = async (limit: string) =>
    (await spoor.send('GET', '/api/v1/stats', { query: { ...query, limit } })).json;
  const { generated_at: _, ...first } = await ask('1000');
  expect(first.summary).toMatchObject({ total_clicks: 150_000, unique_clicks: 120_000 });
  expect(first.metrics.unique_clicks_by_city).toMatchObject([{ city: 'Bonn', unique_clicks: 120_000 }]);
  const { generated_at: __, ...second } = await ask('999');
  expect(second).toEqual(first);
});

test.each(VISITOR_PLANS)(
  '%s: while clicks pour in, lists and summary count the same visitors',
  async (plan) => {
    const owner = `pouring ${plan}`;
    const done = new AbortController();
    const pour = async () => {
      for (let round = 0; !done.signal.aborted && round < 1_000; round++)
        await insert(owner, 400, 3_000, round * 400);
    };
    const read = async () => {
      const raw = {
        start_date: String(END - 30 * DAY),
        end_date: String(END),
        group_by: 'time,os,country,city',
      };
      const query = statsQuery(parseStatsRequest(raw, { now: END, timeZones: new Set(['UTC']) }));
      const seen: number[] = [];
      for (let round = 0; round < 20; round++) {
        const { result } = await runStats(
          { query, at: END },
          { kind: 'owner', ownerId: owner },
          {
            visitorPlan: plan,
            sharding: spoor.sharding,
            read: (statement) => spoor.database.rows<StatsRow>(statement),
          },
        );
        const { summary, metrics } = await asSent(result);
        const country = metrics['unique_clicks_by_country']?.[0]?.['unique_clicks'] ?? 0;
        expect(country).toBe(summary.unique_clicks);
        seen.push(summary.total_clicks);
      }
      done.abort();
      return seen;
    };
    const [seen] = await Promise.all([read(), pour()]);
    // Where nothing grew between two answers, nothing was shown.
    expect(new Set(seen).size).toBeGreaterThan(3);
  },
);
