import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { type Benchmark, atLeast, interleaved, startWithOwnClickHouse } from './harness.ts';
import { PACKAGE_ROOT } from '../src/process/package-root.ts';
import { someRawClicks } from './raw-clicks.ts';

const CONNECTIONS = 64;
const REQUESTS = 3_000;

/** One click in each request, as a redirect service sends them, to a Spoor with its own ClickHouse. */
export const ingestSingle: Benchmark = {
  floor: 'a bare Koa in a process of its own that parses the same body and stores nothing',
  run: async (bench) => {
    const bodies = someRawClicks(1, REQUESTS).map((click) => JSON.stringify(click));
    const service = await startWithOwnClickHouse(bench);
    const bare = fork(join(PACKAGE_ROOT, 'bench/bare-koa.ts'));
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    try {
      const [port]: unknown[] = await once(bare, 'message');
      const post = (url: string) => () => postEach(url, agent, bench.headers, bodies);
      const times = await interleaved(5, post(service.url), post(`http://127.0.0.1:${String(port)}`));
      const rate = (milliseconds: number) => REQUESTS / (milliseconds / 1000);
      return [atLeast('ingest-single', 'requests/s', rate(times.spoor), rate(times.floor), 0.5)];
    } finally {
      agent.destroy();
      bare.kill();
      await service.stop();
    }
  },
};

/** Sends each body once, over all connections in parallel. */
async function postEach(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  bodies: readonly string[],
): Promise<void> {
  const left = bodies.values();
  const connection = async (): Promise<void> => {
    for (const body of left) await post(`${url}/api/v1/clicks`, agent, headers, body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

async function post(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  const sent = request(url, {
    agent,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
}
