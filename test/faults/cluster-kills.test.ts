import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClickWriters } from '../support/click-writers.ts';
import { type TestCluster, startCluster } from '../support/cluster.ts';
import type { ClickTable } from '../../src/clickhouse/cluster.ts';
import { identifier, param, sql } from '../../src/sql/sql.ts';
import { showFigures } from '../support/figures.ts';
import { waitUntil } from '../support/process.ts';
import { SEED, seededRandom } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let cluster: TestCluster;
let spoor: TestSpoor;
beforeAll(async () => {
  cluster = await startCluster();
  spoor = await startSpoor({ ...cluster.settings, SPOOR_CACHE_MB: '0' });
});
afterAll(async () => {
  await spoor.stop();
  await cluster.stop();
});

const WRITERS = 3;
const KILLS = Number(process.env['SPOOR_TEST_KILLS'] ?? 3);

/** Clicks that nobody adds to: whatever happens, an answer about them has them all. */
const FIXED = Array.from({ length: 400 }, (_, place) => ({
  short_code: 'fixed',
  clicked_at: '2026-01-15',
  ip: `198.51.100.${place % 250}`,
}));

test(`while the nodes of a cluster are killed at any moment, no click is lost or doubled and no answer is wrong (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const answers = new Map<number, number>();
  const wrong: unknown[] = [];
  expect((await spoor.send('POST', '/api/v1/clicks', { ndjson: FIXED })).json.accepted).toBe(400);

  const writers = new ClickWriters({
    count: WRITERS,
    random,
    post: (clicks, headers) => spoor.send('POST', '/api/v1/clicks', { ndjson: clicks, headers }),
    ready: () => waitUntil('all shards', async () => (await spoor.send('GET', '/ready')).status === 200),
  });
  const over = new AbortController();
  const readUntilOver = async (path: string, more: Readonly<Record<string, string>>): Promise<void> => {
    while (!over.signal.aborted) {
      const query = {
        owner_id: '*',
        short_code: 'fixed',
        start_date: '2026-01-01',
        group_by: 'time,browser',
        ...more,
      };
      // A broken connection is the end of an export that was cut.
      const answer = await spoor.send('GET', path, { query }).catch(() => undefined);
      if (answer === undefined) continue;
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      const { total_clicks: clicks, unique_clicks: visitors } = answer.json.summary ?? {};
      const isRight = answer.status === 200 ? clicks === 400 && visitors === 250 : answer.status === 503;
      if (!isRight) wrong.push([answer.status, answer.json]);
      // As a dashboard does: without a pause they leave the nodes no time for anything else.
      await delay(100);
    }
  };
  const readers = [readUntilOver('/api/v1/stats', {}), readUntilOver('/api/v1/export', { format: 'json' })];

  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await writers.more(1 + random(80));
      const node = cluster.nodes[random(cluster.nodes.length)];
      await node?.kill();
      await node?.start();
    }
    await writers.more(0);
  } finally {
    over.abort();
    await writers.end();
  }
  await Promise.all(readers);

  const { json } = await spoor.send('GET', '/api/v1/export', {
    query: { format: 'json', owner_id: '*', group_by: 'city', metrics: 'clicks', start_date: '2025-01-01' },
  });
  const byCity: { city: string; clicks: number }[] = json.metrics.clicks_by_city;
  const { missing, doubled, strangers } = writers.faultsOf(byCity.filter(({ city }) => city !== 'Unknown'));
  showFigures({
    seed: SEED,
    'acknowledged clicks': writers.acknowledged,
    lost: missing.length,
    doubled: doubled.length,
    'answers, right': answers.get(200) ?? 0,
    'answers, unavailable': answers.get(503) ?? 0,
  });
  expect({ missing, doubled, strangers, wrong }).toEqual({
    missing: [],
    doubled: [],
    strangers: [],
    wrong: [],
  });
}, 240_000);

/** A shard that is killed in an erasure: before ClickHouse has noted what it is to remove there, or after. */
test.each([
  ['before it takes the removal', true],
  ['before it has removed what it took', false],
])(
  'an erasure whose shard is killed %s is not acknowledged, and is whole once it is sent again',
  async (name, isRefused) => {
    const code = `erased ${name}`;
    const clicks = Array.from({ length: 40 }, (_, place) => ({
      short_code: code,
      clicked_at: 1_767_225_600 + place,
      ip: `203.0.113.${place}`,
    }));
    const [first, second] = spoor.clickTables;
    const node = cluster.nodes[1];
    if (first === undefined || second === undefined || node === undefined) throw new Error('There are two.');
    const table = identifier(second.table);
    const ready = () =>
      waitUntil('all shards', async () => (await spoor.send('GET', '/ready')).status === 200);
    const erase = () => spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: code } });
    const left = async (one: ClickTable) => {
      const [row] = await one.database.rows<[number]>(
        sql`SELECT toUInt32(count()) FROM ${identifier(one.table)} WHERE short_code = ${param('String', code)}`,
      );
      return row?.[0] ?? 0;
    };
    await ready();
    expect((await spoor.send('POST', '/api/v1/clicks', { ndjson: clicks })).json.accepted).toBe(40);
    const onSecond = await left(second);
    expect([await left(first), onSecond].every((count) => count > 0)).toBe(true);

    await second.database.command(sql`SYSTEM STOP MERGES ${table}`);
    if (isRefused) {
      await second.database.command(
        sql`ALTER TABLE ${table} MODIFY SETTING number_of_mutations_to_throw = 1`,
      );
      await second.database.command(sql`ALTER TABLE ${table} UPDATE redirect_ms = 0 WHERE false`, {
        mutations_sync: '0',
      });
    }
    const erasing = erase();
    if (!isRefused) {
      await waitUntil('the removal to be noted', async () => {
        const noted = await second.database.rows(sql`
        SELECT 1 FROM system.mutations WHERE database = currentDatabase() AND NOT is_done AND command LIKE '%_row_exists%'`);
        return noted.length > 0;
      });
    } else {
      expect((await erasing).status).toBeGreaterThanOrEqual(500);
    }
    // A refusal does not wait for it.
    await waitUntil('the other shard to have removed its part', async () => (await left(first)) === 0);
    expect(await left(second)).toBe(onSecond);
    await node.kill();
    expect((await erasing).status).toBeGreaterThanOrEqual(500);
    await node.start();
    await ready();
    if (isRefused)
      await second.database.command(sql`ALTER TABLE ${table} RESET SETTING number_of_mutations_to_throw`);

    await waitUntil('the erasure, sent again', async () => (await erase()).status === 200);
    expect([await left(first), await left(second)]).toEqual([0, 0]);
    const { json } = await spoor.send('POST', '/api/v1/imports', {
      query: { format: 'ndjson' },
      ndjson: clicks,
    });
    expect(json).toMatchObject({ accepted: 0, erased: 40 });
  },
  240_000,
);
