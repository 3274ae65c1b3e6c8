import { afterEach, expect, test } from '@jest/globals';
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

const WRITERS = 4;
const ENGINE_KILLS = 5;
const SERVICE_KILLS = 3;

test('every acknowledged click is there exactly once after kills of ClickHouse and of the service at any moment', async () => {
  const seed = Number(process.env['SPOOR_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const settings = {
    SPOOR_DATA_DIR: newFolder(),
    SPOOR_ADMIN_KEY: ADMIN_KEY,
    SPOOR_RATE_LIMITS: 'off',
  };
  let { server, url } = await startServer(settings);
  const over = new AbortController();
  /** Clicks by what happened to their request; a click's city is its name. */
  const acknowledged = new Set<string>();
  const sentOnce = { acknowledged: new Set<string>(), all: new Set<string>() };

  /** True when acknowledged; false when refused for now, or when the connection broke. */
  const send = async (clicks: readonly object[], key?: string): Promise<boolean> => {
    const answer = await request(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(clicks),
    });
    if (answer === undefined) return false;
    if (answer.status === 503) return false;
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { accepted: clicks.length, rejected: [] },
    ]);
    return true;
  };
  const ready = () => waitUntil('the service', async () => (await request(`${url}/ready`))?.status === 200);

  const writeUntilOver = async (writer: number): Promise<void> => {
    for (let request = 0; !over.signal.aborted; request++) {
      const clicks = Array.from({ length: 1 + random(40) }, (_, index) => ({
        short_code: `code-${random(5)}`,
        city: `${writer}-${request}-${index}`,
        ip: `192.0.2.${random(250)}`,
        // Two months and the time of arrival: a request lies in up to three partitions.
        ...(random(3) === 0 ? {} : { clicked_at: `2025-0${1 + random(2)}-15T12:00:00Z` }),
      }));
      const names = clicks.map(({ city }) => city);
      if (writer === 0) {
        // Sent once and never again: it may be lost without an acknowledgement, but not doubled.
        for (const name of names) sentOnce.all.add(name);
        if (await send(clicks)) for (const name of names) sentOnce.acknowledged.add(name);
        else await ready();
        continue;
      }
      while (!(await send(clicks, `${writer}-${request}`))) await ready();
      for (const name of names) acknowledged.add(name);
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => writeUntilOver(writer));

  const kills = [
    ...Array<'engine'>(ENGINE_KILLS).fill('engine'),
    ...Array<'service'>(SERVICE_KILLS).fill('service'),
  ];
  while (kills.length > 0) {
    const [kill] = kills.splice(random(kills.length), 1);
    const before = acknowledged.size;
    const more = 1 + random(600);
    await waitUntil('more clicks', () => acknowledged.size > before + more);
    for (const pid of processesNaming(settings.SPOOR_DATA_DIR)) {
      if (kill === 'engine') process.kill(pid, 'SIGKILL');
    }
    if (kill === 'service') ({ server, url } = await restarted(server, settings));
  }
  const before = acknowledged.size;
  await waitUntil('more clicks', () => acknowledged.size > before);
  over.abort();
  await Promise.all(writers);

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
  const stored = new Map<string, number>(
    answer.metrics.clicks_by_city.map(({ city, clicks }: { city: string; clicks: number }) => [city, clicks]),
  );
  const missing = [...acknowledged, ...sentOnce.acknowledged].filter((name) => !stored.has(name));
  const doubled = [...stored].filter(([, clicks]) => clicks !== 1);
  const strangers = [...stored.keys()].filter((name) => !acknowledged.has(name) && !sentOnce.all.has(name));
  showFigures({
    seed,
    'acknowledged clicks': acknowledged.size + sentOnce.acknowledged.size,
    lost: missing.length,
    doubled: doubled.length,
  });
  expect({ seed, missing, doubled, strangers }).toEqual({ seed, missing: [], doubled: [], strangers: [] });
}, 240_000);

/** The answer's status and body; undefined when the connection broke before its end. */
async function request(url: string, init: RequestInit = {}) {
  try {
    const response = await fetch(url, init);
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

async function restarted(server: SpoorProcess, settings: Readonly<Record<string, string>>) {
  server.signal('SIGKILL');
  await server.ended;
  return startServer(settings);
}
