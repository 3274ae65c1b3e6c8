import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { someRawClicks } from './raw-clicks.ts';

export interface Party {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: number;
}

/** Sends again and again until it is told to stop, and counts what it got done. */
type Flood = (party: Party, isOver: () => boolean) => Promise<number>;

const BATCH_BYTES = 64 * 1_048_576;
const DAY_MS = 86_400_000;

/** No question is asked twice, not by the next process either: its response would be a cached one. */
let asked = Date.now() % 10_000_000;

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

/** How one floods everybody else. Each is made when it is wanted: a batch takes 64 MiB. */
export const FLOODS = {
  questions: () => workers(50, dashboard),
  batches,
  exports: () => crawlingExports,
  stranger: () => workers(16, strangersQuestion),
} as const satisfies Record<string, () => Flood>;

export type FloodName = keyof typeof FLOODS;

export interface FloodOrder {
  readonly name: FloodName;
  readonly party: Party;
}

/** As a process of its own: floods from the first message until the second, then tells how much it got done a second. */
async function floodAsTold(tell: (rate: number) => void): Promise<void> {
  const [order]: FloodOrder[] = await once(process, 'message');
  if (order === undefined) throw new Error('No order came.');
  const { name, party } = order;
  let isOver = false;
  process.once('message', () => (isOver = true));
  const flood = FLOODS[name]();
  const started = performance.now();
  const done = await flood(party, () => isOver);
  tell(done / ((performance.now() - started) / 1_000));
}

if (process.send !== undefined) await floodAsTold((rate) => process.send?.(rate));
