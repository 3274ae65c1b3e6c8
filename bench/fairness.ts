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
const PART_SECONDS = SECONDS / 2;
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
  const floods: (readonly [FloodName, FloodOutcomes])[] = [];
  for (const name of namesOf(FLOODS)) floods.push([name, await runFlood(name, flood, other)]);
  const idle = fasterOf(before, await probeFor(other, SECONDS));
  return floods.flatMap(([name, outcomes]) => resultsOf(name, idle, outcomes));
}

/**
 * Half of the time alone comes before and half behind the others, since what a flood of clicks stores is merged during
 * the next part: a database that fills up slows both alike.
 */
async function runFlood(name: FloodName, party: Party, other: Party): Promise<FloodOutcomes> {
  const before = await partOf(name, party);
  const beside = [await partOf(name, party, other), await partOf(name, party, other)];
  const after = await partOf(name, party);
  return {
    alone: mean([before.rate, after.rate]),
    beside: mean(beside.map(({ rate }) => rate)),
    probes: joined(beside.map(({ probes }) => probes)),
  };
}

interface FloodOutcomes {
  /** What the flood got, a second. */
  readonly alone: number;
  readonly beside: number;
  readonly probes: Probes;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

function joined(parts: readonly Probes[]): Probes {
  const all = (name: string): Probed => {
    const probed = parts.flatMap((part) => part[name] ?? []);
    return {
      times: probed.flatMap(({ times }) => times),
      refused: probed.reduce((sum, { refused }) => sum + refused, 0),
    };
  };
  return Object.fromEntries(Object.keys(PROBES).map((name) => [name, all(name)]));
}

/** ClickHouse still merges what was stored just before. */
const fasterOf = (one: Probes, other: Probes): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.keys(PROBES).map((name) => [name, Math.min(p95Of(one[name]), p95Of(other[name]))]),
  );

/** @param idle the 95th percentiles without a flood, milliseconds */
function resultsOf(
  name: FloodName,
  idle: Readonly<Record<string, number>>,
  { alone, beside, probes }: FloodOutcomes,
): readonly Result[] {
  const probed = Object.entries(probes);
  const times = probed.map(([probe, one]) =>
    atMost(`fair-${name}-${probe}`, 'ms', p95Of(one), Math.max(ALLOWED_MS, 2 * (idle[probe] ?? 0)), 1),
  );
  const refused = probed.reduce((all, [, one]) => all + one.refused, 0);
  return [
    ...times,
    atMost(`fair-${name}-refused`, 'requests', refused, 1, 0),
    // Slow exports complete no requests.
    ...(alone > 0 ? [atLeast(`fair-${name}-flood`, 'a second', beside, alone, 0.9)] : []),
  ];
}

/** @param other sends requests during the flood */
async function partOf(name: FloodName, party: Party, other?: Party): Promise<FloodPart> {
  // In a process and a session of its own, so that it delays neither the measuring one nor the service as a neighbour would.
  const flooding = fork(fileURLToPath(new URL('floods.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    detached: true,
  });
  flooding.send({ name, party } satisfies FloodOrder);
  const [rate, probes] = await Promise.all([
    once(flooding, 'message').then(([told]: unknown[]) => Number(told)),
    (async () => {
      await delay(2_000);
      if (other === undefined) await delay(PART_SECONDS * 1_000);
      const probed = other === undefined ? {} : await probeFor(other, PART_SECONDS);
      flooding.send('enough');
      return probed;
    })(),
  ]);
  flooding.kill();
  return { rate, probes };
}

interface FloodPart {
  readonly rate: number;
  readonly probes: Probes;
}

type Probes = Readonly<Record<string, Probed>>;

interface Probed {
  /** Milliseconds. */
  readonly times: readonly number[];
  readonly refused: number;
}

function p95Of(probed: Probed | undefined): number {
  const times = probed?.times.toSorted((a, b) => a - b) ?? [];
  return times[Math.floor(times.length * 0.95)] ?? Number.NaN;
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
    return [name, { times, refused }] as const;
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
