import { CLICK_COLUMNS } from '../src/clicks/writer.ts';
import { identifier, join, param, sql } from '../src/sql/sql.ts';
import { type Bench, type Benchmark, atLeast, interleaved } from './harness.ts';

const CLICKS = 5_000;

/** Requests of 5,000 raw clicks. */
export const ingest: Benchmark = {
  floor: 'ClickHouse inserting the same final rows as JSONCompactEachRow over HTTP',
  run: async (bench) => {
    let request = 0;
    await bench.database.command(sql`CREATE TABLE IF NOT EXISTS bench_clicks AS clicks`);
    const bodies = Array.from({ length: 8 }, (_, index) => rawClicks(index));
    const taken = () => send(bench, bodies[request++ % bodies.length] ?? '');
    await taken();
    const rows = await bench.database.rows(sql`
      SELECT ${join(CLICK_COLUMNS.map(identifier), ', ')}
      FROM clicks WHERE owner_id = 'admin' LIMIT ${param('UInt32', CLICKS)}`);
    const lines = rows.map((row) => JSON.stringify(row));
    const times = await interleaved(9, taken, () =>
      bench.database.insert('bench_clicks', CLICK_COLUMNS, lines),
    );
    const rate = (milliseconds: number) => CLICKS / (milliseconds / 1000);
    return [atLeast('ingest-batch', 'clicks/s', rate(times.spoor), rate(times.floor), 0.5)];
  },
};

async function send(bench: Bench, body: string): Promise<void> {
  const response = await fetch(`${bench.url}/api/v1/clicks`, {
    method: 'POST',
    headers: { ...bench.headers, 'content-type': 'application/x-ndjson' },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** Clicks as a redirect service has them; another set for each number, the same for the same. */
function rawClicks(set: number): string {
  let state = set + 1;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  return Array.from({ length: CLICKS }, () =>
    JSON.stringify({
      short_code: `raw-${next(200)}`,
      ip: `${1 + next(200)}.${next(256)}.${next(256)}.${next(256)}`,
      user_agent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + next(60)}.0.0.0 Safari/537.36`,
      referrer: `https://news.ycombinator.com/item?id=${next(1000)}`,
    }),
  ).join('\n');
}
