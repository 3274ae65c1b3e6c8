import { type Bench, type Benchmark, atMost, median } from './harness.ts';
import { someRawClicks } from './raw-clicks.ts';

/** How long the event loop may be blocked. */
const MAX_LAG_MS = 20;
/** The gauge samples every 10 ms, and includes that interval. */
const SAMPLE_MS = 10;
const RUNS = 5;

/** The longest time that requests of several megabytes block the event loop; the median of some runs. */
export const eventLoop: Benchmark = {
  floor: `${MAX_LAG_MS} ms, by the gauge nodejs_eventloop_lag_max_seconds in /metrics`,
  run: async (bench) => {
    const body = someRawClicks(1, 200_000)
      .map((click) => JSON.stringify(click))
      .join('\n');
    const lists = 'group_by=time,browser,os,country,city,referrer,short_code&breakdown=true&interval=hour';
    const range = `start_date=${bench.end - 14 * 86_400_000}&end_date=${bench.end}&owner_id=${bench.owner}`;
    const parameters = `${lists}&${range}`;
    const works = {
      // Another limit each time, so that no response comes from the cache.
      response: (run: number) => fetched(bench, `stats?${parameters}&limit=${10_000 - run}`),
      xlsx: () => fetched(bench, `export?format=xlsx&${parameters}`),
      clicks: () => fetched(bench, 'clicks', body),
    };
    const results = [];
    for (const [name, work] of Object.entries(works)) {
      const lags: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        await longestLag(bench);
        await work(run);
        lags.push((await longestLag(bench)) - SAMPLE_MS);
      }
      results.push(atMost(`event-loop-${name}`, 'ms', median(lags), MAX_LAG_MS, 1));
    }
    return results;
  },
};

/** The longest lag since the last call, in milliseconds. */
async function longestLag({ url, headers }: Bench): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(metrics)?.[1]) * 1000;
}

async function fetched({ url, headers }: Bench, path: string, body?: string): Promise<void> {
  const request =
    body === undefined
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'content-type': 'application/x-ndjson' }, body };
  const response = await fetch(`${url}/api/v1/${path}`, request);
  if (response.body !== null) for await (const _ of response.body);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}
