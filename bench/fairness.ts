import { type ClientRequest, get } from 'node:http';
import { createClient } from '../src/cli/client.ts';
import { seed } from '../src/cli/seed.ts';
import {
  type Bench,
  type Benchmark,
  type OwnService,
  type Result,
  atLeast,
  atMost,
  startWithOwnClickHouse,
} from './harness.ts';
import { someRawClicks } from './raw-clicks.ts';

const FLOODS_CLICKS = 2_000_000;
const OTHERS_CLICKS = 50_000;
const SECONDS = 8;
/** Whoever is flooded beside answers as fast as when idle twice over, or within this. */
const MAY_TAKE_MS = 50;
const BATCH_BYTES = 64 * 1_048_576;
const DAY_MS = 86_400_000;

/** What another owner does meanwhile, one request after the other. */
type Probe = (service: Party) => Promise<Response>;

interface Party {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: number;
}

/** What the others are flooded with: sends again and again until it is told to stop, and counts what it got done. */
type Flood = (party: Party, isOver: () => boolean) => Promise<number>;

let asked = 0;

const PROBES: Readonly<Record<string, Probe>> = {
  click: ({ url, headers }) =>
    fetch(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"short_code": "other-launch"}',
    }),
  link: ({ url, headers, end }) =>
    fetch(`${url}/api/v1/stats?scope=anon&short_code=other-launch&end_date=${end - ++asked}`, { headers }),
  ready: ({ url }) => fetch(`${url}/ready`),
};

const dashboard = ({ url, headers, end }: Party) =>
  fetch(
    `${url}/api/v1/stats?start_date=${end - 28 * DAY_MS}&end_date=${end - ++asked}&interval=day` +
      '&group_by=time,browser,os,country,city,referrer,short_code',
    { headers },
  );

const strangersQuestion = ({ url, end }: Party) =>
  fetch(
    `${url}/api/v1/stats?scope=anon&short_code=flood-launch&start_date=${end - 90 * DAY_MS}&end_date=${end - ++asked}` +
      `&group_by=time,browser,city,referrer&referrer=${HOSTS}`,
  );
const HOSTS = Array.from({ length: 1_000 }, (_, index) => `h${index}.example`).join(',');

/** So many workers that ask as soon as they are answered; what is refused is no work done. */
const workers =
  (count: number, ask: (party: Party) => Promise<Response>): Flood =>
  async (party, isOver) => {
    let done = 0;
    const work = async (): Promise<void> => {
      while (!isOver()) {
        const response = await ask(party);
        await response.arrayBuffer();
        if (response.ok) done++;
        // As a client does that is told when to come back.
        else await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await Promise.all(Array.from({ length: count }, work));
    return done;
  };

const batches = (): Flood => {
  const lines = someRawClicks(1, 20_000)
    .map((click) => JSON.stringify(click))
    .join('\n');
  const body = Buffer.from(`${lines}\n`.repeat(Math.floor(BATCH_BYTES / (lines.length + 1))));
  return workers(3, ({ url, headers }) =>
    fetch(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body,
    }),
  );
};

/** Exports of everything, of which a little is read every second. */
const crawlingExports: Flood = async ({ url, headers }, isOver) => {
  const requests: ClientRequest[] = [];
  const path =
    '/api/v1/export?format=csv&interval=10_minute&breakdown=true&group_by=time,browser,os,country,city,referrer,short_code';
  for (let place = 0; place < 16; place++) {
    const request = get(url + path, { headers, agent: false });
    request.on('error', () => {});
    request.on('response', (response) => {
      response.on('error', () => {});
      const timer = setInterval(() => response.read(8_192), 1_000);
      response.once('close', () => clearInterval(timer));
    });
    requests.push(request);
  }
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 200));
  for (const request of requests) request.destroy();
  await Promise.all(requests.map(closed));
  return 0;
};

async function closed(request: ClientRequest): Promise<void> {
  if (!request.closed) await new Promise((resolve) => request.once('close', resolve));
}

interface Kind {
  readonly flood: Flood;
  /** Whether what it gets done can be counted. */
  readonly isCounted: boolean;
}

/** One owner, or one address without a key, floods; another owner's requests go on, and none is refused. */
export const fairness: Benchmark = {
  floor: 'the same requests of another owner when nobody floods, twice over, or 50 ms; a flood by itself',
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
  const kinds: Readonly<Record<string, Kind>> = {
    questions: { flood: workers(50, dashboard), isCounted: true },
    batches: { flood: batches(), isCounted: true },
    exports: { flood: crawlingExports, isCounted: false },
    stranger: { flood: workers(16, strangersQuestion), isCounted: true },
  };
  await probeFor(other, 3);
  const idle = await probeFor(other, SECONDS);
  const results: Result[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const alone = kind.isCounted ? await runFlood(kind.flood, flood) : undefined;
    const beside = await runFlood(kind.flood, flood, other);
    for (const [probe, { p95 }] of Object.entries(beside.probes ?? {})) {
      const allowed = Math.max(MAY_TAKE_MS, 2 * (idle[probe]?.p95 ?? 0));
      results.push(atMost(`fair-${name}-${probe}`, 'ms', p95, allowed, 1));
    }
    const refused = Object.values(beside.probes ?? {}).reduce((all, one) => all + one.refused, 0);
    results.push(atMost(`fair-${name}-refused`, 'requests', refused, 1, 0));
    if (alone !== undefined)
      results.push(atLeast(`fair-${name}-flood`, 'a second', beside.rate, alone.rate, 0.9));
  }
  return results;
}

/** @param other who goes on meanwhile */
async function runFlood(flood: Flood, party: Party, other?: Party): Promise<FloodOutcome> {
  let isOver = false;
  const started = performance.now();
  const running = flood(party, () => isOver);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const probes = other === undefined ? undefined : await probeFor(other, SECONDS);
  if (probes === undefined) await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  isOver = true;
  const done = await running;
  return { rate: done / ((performance.now() - started) / 1_000), probes };
}

interface FloodOutcome {
  readonly rate: number;
  readonly probes: Readonly<Record<string, Probed>> | undefined;
}

interface Probed {
  /** Milliseconds. */
  readonly p95: number;
  readonly refused: number;
}

async function probeFor(party: Party, seconds: number): Promise<Readonly<Record<string, Probed>>> {
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
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const p95 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN;
    return [name, { p95, refused }] as const;
  });
  return Object.fromEntries(await Promise.all(probed));
}

/** An owner with clicks and a key. */
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
