import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '../src/cli/client.ts';
import { seed } from '../src/cli/seed-command.ts';
import { namesOf } from '../src/lib/names.ts';
import {
  type Bench,
  type Benchmark,
  type OwnService,
  type Result,
  atLeast,
  atMost,
  startWithOwnClickHouse,
} from './harness.ts';
import { FLOODS, type FloodName, type FloodOrder, type Party } from './floods.ts';

const FLOODS_CLICKS = 2_000_000;
const OTHERS_CLICKS = 50_000;
const SECONDS = 40;
/**
 * Pause between two requests of a kind. With 150 ms they take 0.47 of two cores by themselves, so that no flood can keep more
 * than 0.77 of its throughput beside them.
 */
const PAUSE_MS = 500;
/** During a flood, a request may take twice its idle time, or this. */
const ALLOWED_MS = 50;

/** What another owner does during a flood, one request after the other. */
type Probe = (service: Party) => Promise<Response>;

const WEEK_MS = 7 * 86_400_000;

/** No question is asked twice, so that none is served from the cache. */
let sent = 0;

const PROBES: Readonly<Record<string, Probe>> = {
  click: ({ url, headers }) =>
    fetch(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"short_code": "other-launch"}',
    }),
  link: ({ url, headers, end }) =>
    fetch(`${url}/api/v1/stats?scope=anon&short_code=other-launch&start_date=${end - WEEK_MS - ++sent}`, {
      headers,
    }),
  ready: ({ url }) => fetch(`${url}/ready`),
};

/** While one owner, or one address without a key, floods the service, another owner's requests must stay fast and succeed. */
export const fairness: Benchmark = {
  floor: 'twice the time of the same requests without a flood, or 50 ms; for the flood: the flood alone',
  run: async (bench) => {
    const service = await startWithOwnClickHouse(bench);
    try {
      return await measure(bench, service);
    } finally {
      await service.stop();
    }
  },
};

async function measure(bench: Bench, service: OwnService): Promise<readonly Result[]> {
  const flood = await partyOf(bench, service, 'flood', FLOODS_CLICKS);
  const other = await partyOf(bench, service, 'other', OTHERS_CLICKS);
  await probeFor(other, 3);
  const before = await probeFor(other, SECONDS);
  const floods: (readonly [FloodName, FloodOutcome, FloodOutcome])[] = [];
  for (const name of namesOf(FLOODS)) {
    const alone = await runFlood(name, flood);
    floods.push([name, alone, await runFlood(name, flood, other)]);
  }
  const idle = fasterOf(before, await probeFor(other, SECONDS));
  return floods.flatMap(([name, alone, beside]) => resultsOf(name, { idle, alone, beside }));
}

/** ClickHouse still merges what was stored just before. */
function fasterOf(one: Probes, other: Probes): Probes {
  const faster = (name: string, { p95, refused }: Probed): Probed => ({
    p95: Math.min(p95, other[name]?.p95 ?? p95),
    refused,
  });
  return Object.fromEntries(Object.entries(one).map(([name, probed]) => [name, faster(name, probed)]));
}

function resultsOf(
  name: FloodName,
  { idle, alone, beside }: { idle: Probes; alone: FloodOutcome; beside: FloodOutcome },
): readonly Result[] {
  const probes = Object.entries(beside.probes ?? {});
  const times = probes.map(([probe, { p95 }]) => {
    const allowed = Math.max(ALLOWED_MS, 2 * (idle[probe]?.p95 ?? 0));
    return atMost(`fair-${name}-${probe}`, 'ms', p95, allowed, 1);
  });
  const refused = probes.reduce((all, [, one]) => all + one.refused, 0);
  return [
    ...times,
    atMost(`fair-${name}-refused`, 'requests', refused, 1, 0),
    // Slow exports complete no requests.
    ...(alone.rate > 0 ? [atLeast(`fair-${name}-flood`, 'a second', beside.rate, alone.rate, 0.9)] : []),
  ];
}

/** @param other sends requests during the flood */
async function runFlood(name: FloodName, party: Party, other?: Party): Promise<FloodOutcome> {
  // In a process and a session of its own, so that it delays neither the measuring one nor the service as a neighbour would.
  const flooding = fork(fileURLToPath(new URL('floods.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    detached: true,
  });
  flooding.send({ name, party } satisfies FloodOrder);
  let probes: FloodOutcome['probes'];
  const [rate] = await Promise.all([
    once(flooding, 'message').then(([told]: unknown[]) => Number(told)),
    (async () => {
      await delay(2_000);
      if (other === undefined) await delay(SECONDS * 1_000);
      else probes = await probeFor(other, SECONDS);
      flooding.send('enough');
    })(),
  ]);
  flooding.kill();
  return { rate, probes };
}

interface FloodOutcome {
  readonly rate: number;
  readonly probes: Probes | undefined;
}

type Probes = Readonly<Record<string, Probed>>;

interface Probed {
  /** Milliseconds. */
  readonly p95: number;
  readonly refused: number;
}

async function probeFor(party: Party, seconds: number): Promise<Probes> {
  const until = performance.now() + seconds * 1_000;
  const probed = Object.entries(PROBES).map(async ([name, probe]) => {
    const times: number[] = [];
    let refused = 0;
    while (performance.now() < until) {
      const started = performance.now();
      const response = await probe(party);
      await response.arrayBuffer();
      times.push(performance.now() - started);
      if (!response.ok) refused++;
      await delay(PAUSE_MS);
    }
    const p95 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
    return [name, { p95, refused }] as const;
  });
  return Object.fromEntries(await Promise.all(probed));
}

/** Creates an owner with clicks and a key. */
async function partyOf(bench: Bench, { url }: OwnService, owner: string, clicks: number): Promise<Party> {
  const key = bench.headers['authorization']?.slice('Bearer '.length);
  const client = createClient(url, key);
  await seed(client, { clicks, urls: 1, owners: [owner], days: 60, seed: 1, end: bench.end });
  const created: unknown = await client.request('POST', '/api/v1/keys', {
    json: { owner_id: owner, name: 'bench', scopes: ['stats:read', 'clicks:write'] },
  });
  if (typeof created !== 'object' || created === null || !('key' in created)) throw new Error('No key.');
  return { url, end: bench.end, headers: { authorization: `Bearer ${String(created.key)}` } };
}
