import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ClickWriters } from '../support/click-writers.ts';
import { type TestCluster, startCluster } from '../support/cluster.ts';
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
