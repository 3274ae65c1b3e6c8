import { afterEach, expect, test } from '@jest/globals';
import { ClickWriters } from '../support/click-writers.ts';
import {
  type SpoorProcess,
  endProcesses,
  newFolder,
  processesNaming,
  startServer,
  waitUntil,
} from '../support/process.ts';
import { showFigures } from '../support/figures.ts';
import { seededRandom } from '../support/random.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(endProcesses);

const SEED = Number(process.env['SPOOR_TEST_SEED'] ?? Date.now() % 1_000_000);
const WRITERS = 4;
const ENGINE_KILLS = 5;
const SERVICE_KILLS = 3;

test(`every acknowledged click is there exactly once after kills of ClickHouse and of the service at any moment (SPOOR_TEST_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const settings = {
    SPOOR_DATA_DIR: newFolder(),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  let { server, url } = await startServer(settings);
  const writers = new ClickWriters({
    count: WRITERS,
    random,
    post: (clicks, headers) =>
      request(`${url}/api/v1/clicks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(clicks),
      }),
    ready: () => waitUntil('the service', async () => (await request(`${url}/ready`))?.status === 200),
  });

  const kills = [
    ...Array<'engine'>(ENGINE_KILLS).fill('engine'),
    ...Array<'service'>(SERVICE_KILLS).fill('service'),
  ];
  while (kills.length > 0) {
    const [kill] = kills.splice(random(kills.length), 1);
    await writers.more(1 + random(600));
    for (const pid of processesNaming(settings.SPOOR_DATA_DIR)) {
      if (kill === 'engine') process.kill(pid, 'SIGKILL');
    }
    if (kill === 'service') ({ server, url } = await restarted(server, settings));
  }
  await writers.more(0);
  await writers.end();

  const query = new URLSearchParams({
    format: 'json',
    owner_id: '*',
    group_by: 'city',
    metrics: 'clicks',
    start_date: '2025-01-01',
  });
  const response = await fetch(`${url}/api/v1/export?${query.toString()}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  const answer = JSON.parse(await response.text());
  const { missing, doubled, strangers } = writers.faultsOf(answer.metrics.clicks_by_city);
  showFigures({
    seed: SEED,
    'acknowledged clicks': writers.acknowledged,
    lost: missing.length,
    doubled: doubled.length,
  });
  expect({ missing, doubled, strangers }).toEqual({ missing: [], doubled: [], strangers: [] });
}, 240_000);

/** The answer's status and content; undefined when the connection broke before its end. */
async function request(url: string, init: RequestInit = {}) {
  try {
    const response = await fetch(url, init);
    const json: unknown = await response.json();
    return { status: response.status, json };
  } catch {
    return undefined;
  }
}

async function restarted(server: SpoorProcess, settings: Readonly<Record<string, string>>) {
  server.signal('SIGKILL');
  await server.ended;
  return startServer(settings);
}
