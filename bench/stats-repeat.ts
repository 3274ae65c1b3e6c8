import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Bench, type Benchmark, atLeast, interleaved } from './harness.ts';
import { load, wireRequest } from './load.ts';

const REQUESTS = 20_000;

/** Headers that Node sets. */
const NODE_HEADERS = ['date', 'connection', 'keep-alive', 'content-length'];

/** The same default stats request for one link, repeated over 32 keep-alive connections. */
export const statsRepeat: Benchmark = {
  floor:
    'a bare Koa in a process of its own that sends the same headers and body without looking at the request',
  run: async (bench) => {
    const url = new URL(`${bench.url}/api/v1/stats?scope=anon&short_code=${bench.link}`);
    const bare = await startBareKoa(url, bench);
    try {
      const times = await interleaved(
        7,
        () => repeat(url, bench.headers),
        () => repeat(bare.url, bench.headers),
      );
      const rate = (milliseconds: number) => REQUESTS / (milliseconds / 1000);
      return [atLeast('stats-repeat', 'requests/s', rate(times.spoor), rate(times.floor), 0.6)];
    } finally {
      await bare.stop();
    }
  },
};

async function repeat(url: URL, headers: Bench['headers']): Promise<void> {
  const request = wireRequest(url, 'GET', headers);
  let sent = 0;
  await load(url, () => (sent++ < REQUESTS ? request : undefined));
}

async function startBareKoa(
  url: URL,
  { headers }: Bench,
): Promise<{ readonly url: URL; readonly stop: () => Promise<void> }> {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(await response.text());
  const sent = Object.fromEntries([...response.headers].filter(([name]) => !NODE_HEADERS.includes(name)));
  const folder = mkdtempSync(join(tmpdir(), 'spoor-bench-'));
  const file = join(folder, 'response.json');
  writeFileSync(file, JSON.stringify({ headers: sent, body: await response.text() }));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'bare-response.ts'), file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [port] = await once(createInterface(child.stdout), 'line');
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    stop: async () => {
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}
