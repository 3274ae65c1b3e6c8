import { CLICK_COLUMNS } from '../src/clicks/insert-rows.ts';
import { identifier, join, param, sql } from '../src/sql/sql.ts';
import { type Bench, type Benchmark, atLeast, interleaved, startWithOwnClickHouse } from './harness.ts';
import { type RawClick, someRawClicks } from './raw-clicks.ts';

const CLICKS = 5_000;
const WARM_UPS = 20;

/** Requests with 5,000 raw clicks each, to a Spoor with its own ClickHouse. */
export const ingestBatch: Benchmark = {
  floor: 'ClickHouse inserting the same final rows as JSONEachRow over HTTP',
  run: async (bench) => {
    let request = 0;
    await bench.database.command(sql`CREATE TABLE IF NOT EXISTS bench_clicks AS clicks`);
    const bodies = Array.from({ length: 8 }, (_, seed) => ndjson(someRawClicks(seed, CLICKS)));
    const next = () => bodies[request++ % bodies.length] ?? '';
    await sendClicks(bench.url, bench, next());
    const rows = await bench.database.rows(sql`
      SELECT ${join(CLICK_COLUMNS.map(identifier), ', ')}
      FROM clicks WHERE owner_id = 'admin' LIMIT ${param('UInt32', CLICKS)}`);
    const lines = rows
      .map((row) =>
        JSON.stringify(Object.fromEntries(CLICK_COLUMNS.map((name, place) => [name, row[place]]))),
      )
      .join('\n');
    const service = await startWithOwnClickHouse(bench);
    const times = await interleaved(
      15,
      () => sendClicks(service.url, bench, next()),
      () => insertLines(bench, lines),
      WARM_UPS,
    );
    await service.stop();
    const rate = (milliseconds: number) => CLICKS / (milliseconds / 1000);
    return [
      atLeast('ingest-batch', 'clicks/s', rate(times.spoor), rate(times.floor), 0.5),
      atLeast('ingest-batch, clicks a second', 'clicks/s', rate(times.spoor), 100_000, 1),
    ];
  },
};

/** The body of a request with these clicks. */
export function ndjson(clicks: readonly RawClick[]): string {
  return clicks.map((click) => JSON.stringify(click)).join('\n');
}

export async function sendClicks(url: string, { headers }: Bench, body: string): Promise<void> {
  await post(`${url}/api/v1/clicks`, { ...headers, 'content-type': 'application/x-ndjson' }, body);
}

/** Inserts with a unique token, because ClickHouse drops an insert that equals an earlier one. */
async function insertLines({ clickhouse }: Bench, lines: string): Promise<void> {
  const url = new URL(clickhouse.url);
  url.searchParams.set('database', 'spoor');
  url.searchParams.set('query', 'INSERT INTO bench_clicks FORMAT JSONEachRow');
  url.searchParams.set('insert_deduplication_token', String(performance.now()));
  const login = Buffer.from(`${clickhouse.user}:${clickhouse.password}`).toString('base64');
  await post(url, { authorization: `Basic ${login}` }, lines);
}

async function post(
  url: string | URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
}
