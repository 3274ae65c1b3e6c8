import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestCluster, startCluster } from '../support/cluster.ts';
import { showFigures } from '../support/figures.ts';
import { waitUntil } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
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
const KILLS = 8;

/** Clicks that nobody adds to: whatever happens, an answer about them has them all. */
const FIXED = Array.from({ length: 400 }, (_, place) => ({
  short_code: 'fixed',
  clicked_at: '2026-01-15',
  ip: `198.51.100.${place % 250}`,
}));

test('while the nodes of a cluster are killed at any moment, no click is lost or doubled and no answer is wrong', async () => {
  const seed = Number(process.env['SPOOR_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const over = new AbortController();
  const acknowledged = new Set<string>();
  const sentOnce = { acknowledged: new Set<string>(), all: new Set<string>() };
  const answers = new Map<number, number>();
  const wrong: unknown[] = [];
  expect((await spoor.send('POST', '/api/v1/clicks', { ndjson: FIXED })).json.accepted).toBe(400);

  /** True when acknowledged, false when refused for now. */
  const send = async (clicks: readonly object[], key?: string): Promise<boolean> => {
    const { status, json } = await spoor.send('POST', '/api/v1/clicks', {
      ndjson: clicks,
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
    if (status === 503) return false;
    expect({ seed, status, json }).toEqual({
      seed,
      status: 200,
      json: { accepted: clicks.length, rejected: [] },
    });
    return true;
  };
  const ready = () => waitUntil('all shards', async () => (await spoor.send('GET', '/ready')).status === 200);

  const writeUntilOver = async (writer: number): Promise<void> => {
    for (let request = 0; !over.signal.aborted; request++) {
      const clicks = Array.from({ length: 1 + random(40) }, (_, index) => ({
        short_code: `code-${random(5)}`,
        city: `${writer}-${request}-${index}`,
        ip: `192.0.2.${random(250)}`,
        // Two months and the time of arrival: a request lies in up to three places of each shard.
        ...(random(3) === 0 ? {} : { clicked_at: `2025-0${1 + random(2)}-15T12:00:00Z` }),
      }));
      const names = clicks.map(({ city }) => city);
      if (writer === 0) {
        for (const name of names) sentOnce.all.add(name);
        if (await send(clicks)) for (const name of names) sentOnce.acknowledged.add(name);
        else await ready();
        continue;
      }
      while (!(await send(clicks, `${writer}-${request}`))) await ready();
      for (const name of names) acknowledged.add(name);
    }
  };
  const readUntilOver = async (path: string): Promise<void> => {
    while (!over.signal.aborted) {
      const query = {
        owner_id: '*',
        short_code: 'fixed',
        start_date: '2026-01-01',
        group_by: 'time,browser',
        format: 'json',
      };
      // A broken connection is the end of an export that was cut.
      const answer = await spoor.send('GET', path, { query }).catch(() => undefined);
      if (answer === undefined) continue;
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      const { total_clicks: clicks, unique_clicks: visitors } = answer.json.summary ?? {};
      const isRight = answer.status === 200 ? clicks === 400 && visitors === 250 : answer.status === 503;
      if (!isRight) wrong.push([answer.status, answer.json]);
    }
  };
  const work = [
    ...Array.from({ length: WRITERS }, (_, writer) => writeUntilOver(writer)),
    readUntilOver('/api/v1/stats'),
    readUntilOver('/api/v1/export'),
  ];

  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.size;
      const more = 1 + random(300);
      await waitUntil('more clicks', () => acknowledged.size > before + more);
      const node = cluster.nodes[random(cluster.nodes.length)];
      await node?.kill();
      await node?.start();
    }
    const before = acknowledged.size;
    await waitUntil('more clicks', () => acknowledged.size > before);
  } finally {
    over.abort();
  }
  await Promise.all(work);

  const { json } = await spoor.send('GET', '/api/v1/export', {
    query: { format: 'json', owner_id: '*', group_by: 'city', metrics: 'clicks', start_date: '2025-01-01' },
  });
  const stored = new Map<string, number>(
    json.metrics.clicks_by_city.map(({ city, clicks }: { city: string; clicks: number }) => [city, clicks]),
  );
  stored.delete('Unknown');
  const missing = [...acknowledged, ...sentOnce.acknowledged].filter((name) => !stored.has(name));
  const doubled = [...stored].filter(([, clicks]) => clicks !== 1);
  const strangers = [...stored.keys()].filter((name) => !acknowledged.has(name) && !sentOnce.all.has(name));
  showFigures({
    seed,
    'acknowledged clicks': acknowledged.size + sentOnce.acknowledged.size,
    lost: missing.length,
    doubled: doubled.length,
    'answers, right': answers.get(200) ?? 0,
    'answers, unavailable': answers.get(503) ?? 0,
  });
  expect({ seed, missing, doubled, strangers, wrong }).toEqual({
    seed,
    missing: [],
    doubled: [],
    strangers: [],
    wrong: [],
  });
}, 240_000);
