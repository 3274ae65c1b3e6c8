import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { type TestCluster, startCluster } from '../support/cluster.ts';
import { showFigures } from '../support/figures.ts';
import { waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let cluster: TestCluster;
let spoor: TestSpoor;
beforeAll(async () => {
  cluster = await startCluster({ hasQueryLog: true });
  spoor = await startSpoor(cluster.settings);
});
afterAll(async () => {
  await spoor.stop();
  await cluster.stop();
});

const VISITORS = 200_000;
const DIMENSIONS = ['browser', 'os', 'country', 'city', 'referrer', 'short_code'];
const END = Date.parse('2026-02-01');

/** Bytes that a query's other nodes have sent to the one that was asked. */
const received = (mark: string) =>
  waitUntil('the query in the log', async () => {
    await spoor.database.commandText('SYSTEM FLUSH LOGS');
    const [row] = await spoor.database.rows<[number, number]>(sql`
      SELECT count(), max(ProfileEvents['NetworkReceiveBytes']) FROM system.query_log
      WHERE type = 'QueryFinish' AND is_initial_query AND position(query, ${param('String', mark)}) > 0
        AND position(query, 'query_log') = 0`);
    return row !== undefined && row[0] > 0 && row[1];
  });

test('what shards send for a question grows with its groups, not with its visitors', async () => {
  await spoor.database.command(
    sql`
    INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, browser, os, country, city, referrer, is_bot, redirect_ms, click_id, ingest_id)
    SELECT 'me', concat('code', toString(number % 10)), fromUnixTimestamp64Milli(${param('Int64', END)} - 1 - toInt64(number % 2419200) * 1000, 'UTC'),
      sipHash64(number), ['Chrome', 'Firefox', 'Safari'][number % 3 + 1], ['Windows', 'Linux', 'iOS'][number % 3 + 1], ['DE', 'US', 'IN'][number % 3 + 1],
      ['Berlin', 'Chicago', 'Mumbai'][number % 3 + 1], ['Direct', 'https://google.com'][number % 2 + 1], false, 1, '', 0
    FROM numbers(${param('UInt64', VISITORS)})`,
    { distributed_foreground_insert: 1 },
  );
  const { status, json } = await spoor.send('GET', '/api/v1/stats', {
    query: {
      owner_id: 'me',
      start_date: '2026-01-01',
      end_date: '2026-01-31',
      interval: 'day',
      group_by: ['time', ...DIMENSIONS].join(','),
    },
  });
  expect(status).toBe(200);
  expect(json.summary).toMatchObject({ total_clicks: VISITORS, unique_clicks: VISITORS });
  const ours = await received('GROUPING SETS');

  // What anybody would write who counts over the shards.
  const sets = ['day', ...DIMENSIONS].map((name) => `(${name})`).join(', ');
  await spoor.database.commandText(`
    SELECT toDate(clicked_at) AS day, ${DIMENSIONS.join(', ')}, count(), uniqExact(visitor) AS plainly FROM clicks
    WHERE owner_id = 'me' GROUP BY GROUPING SETS (${sets}, ()) FORMAT Null`);
  const plain = await received('plainly');
  showFigures({ 'bytes, groups of each shard': ours, 'bytes, plainly': plain, ratio: plain / ours });
  expect(plain / ours).toBeGreaterThan(10);
});
