import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { z } from 'zod';
import { someRawClicks } from './raw-clicks.ts';

export interface Party {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: number;
}

/** Sends requests until told to stop. @returns how much was done a second: requests that succeeded, or clicks stored */
type Flood = (party: Party, isOver: () => boolean) => Promise<number>;

const BATCH_BYTES = 64 * 1_048_576;
const DAY_MS = 86_400_000;

/** No request is sent twice, not even by the next process, so that none is served from the cache. */
let sent = Date.now() % 10_000_000;

const dashboard = ({ url, headers, end }: Party) =>
  fetch(
    `${url}/api/v1/stats?start_date=${end - 28 * DAY_MS}&end_date=${end - ++sent}&interval=day` +
      '&group_by=time,browser,os,country,city,referrer,short_code',
    { headers },
  );

const publicLink = ({ url, end }: Party) =>
  fetch(
    `${url}/api/v1/stats?scope=anon&short_code=flood-launch&start_date=${end - 90 * DAY_MS}&end_date=${end - ++sent}` +
      `&group_by=time,browser,city,referrer&referrer=${HOSTS}`,
  );
const HOSTS = Array.from({ length: 1_000 }, (_, index) => `h${index}.example`).join(',');

/** Workers that each send the next request as soon as they have a response. Refused requests do not count. */
const workers =
  (count: number, send: (party: Party) => Promise<Response>): Flood =>
  async (party, isOver) => {
    let done = 0;
    const started = performance.now();
    const work = async (): Promise<void> => {
      while (!isOver()) {
        const response = await send(party);
        await response.arrayBuffer();
        if (response.ok) done++;
        // A client that gets `Retry-After` waits.
        else await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await Promise.all(Array.from({ length: count }, work));
    return aSecond(done, started);
  };

const aSecond = (done: number, started: number): number => (1_000 * done) / (performance.now() - started);

/** Only a few bodies are done in the time, so what is counted is what ClickHouse has of them at its ends. */
const batches = (): Flood => {
  const lines = someRawClicks(1, 20_000)
    .map((click) => JSON.stringify(click))
    .join('\n');
  const body = Buffer.from(`${lines}\n`.repeat(Math.floor(BATCH_BYTES / (lines.length + 1))));
  const send = ({ url, headers }: Party, signal: AbortSignal): Promise<Response> =>
    fetch(`${url}/api/v1/clicks`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body,
      signal,
    });
  return async (party, isOver) => {
    const over = new AbortController();
    const before = await storedClicks(party);
    const started = performance.now();
    const sending = workers(3, (to) => send(to, over.signal))(party, isOver).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
    await Promise.race([sending, until(isOver)]);
    const rate = aSecond((await storedClicks(party)) - before, started);
    over.abort();
    await sending;
    return rate;
  };
};

async function storedClicks({ url, headers }: Party): Promise<number> {
  // The moment keeps the response out of the cache.
  const query = `group_by=browser&metrics=clicks&start_date=2000-01-01&end_date=${Date.now()}`;
  const response = await fetch(`${url}/api/v1/stats?${query}`, { headers });
  return totals.parse(await response.json()).summary.total_clicks;
}

const totals = z.object({ summary: z.object({ total_clicks: z.number() }) });

async function until(isOver: () => boolean): Promise<void> {
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 200));
}

/** Exports of everything, read a little every second. */
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
  await until(isOver);
  for (const request of requests) request.destroy();
  await Promise.all(requests.map(closed));
  return 0;
};

async function closed(request: ClientRequest): Promise<void> {
  if (!request.closed) await new Promise((resolve) => request.once('close', resolve));
}

/** Ways to flood the service. Created on demand: a batch takes 64 MiB. */
export const FLOODS = {
  questions: () => workers(50, dashboard),
  batches,
  exports: () => crawlingExports,
  stranger: () => workers(16, publicLink),
} as const satisfies Record<string, () => Flood>;

export type FloodName = keyof typeof FLOODS;

export interface FloodOrder {
  readonly name: FloodName;
  readonly party: Party;
}

/** Runs as a child process: floods from the first message to the second, then reports what was done per second. */
async function runAsChild(report: (rate: number) => void): Promise<void> {
  const [order]: FloodOrder[] = await once(process, 'message');
  if (order === undefined) throw new Error('The parent sent no order.');
  const { name, party } = order;
  let isOver = false;
  process.once('message', () => (isOver = true));
  const flood = FLOODS[name]();
  report(await flood(party, () => isOver));
}

if (process.send !== undefined) await runAsChild((rate) => process.send?.(rate));
