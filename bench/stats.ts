import { param, sql } from '../src/sql/sql.ts';
import { type Bench, type Benchmark, atMost, interleaved } from './harness.ts';

/** One link's default question and an owner's seven dimensions. */
export const stats: Benchmark = {
  floor: 'the same result from ClickHouse by one hand-written query over HTTP',
  run: async (bench) => {
    // Each question ends a little earlier than the one before, or its answer would be one that was kept.
    let end = bench.end;
    const week = 7 * 86_400_000;
    const link = await interleaved(
      31,
      () => ask(bench, `scope=anon&short_code=${bench.link}&end_date=${--end}`),
      () => bench.database.rows(byHand(bench, bench.end - week, ['day'], bench.link)),
    );
    const start = bench.end - 4 * week;
    const dashboard = await interleaved(
      5,
      () =>
        ask(
          bench,
          `owner_id=${bench.owner}&start_date=${start}&end_date=${--end}&interval=day` +
            '&group_by=time,browser,os,country,city,referrer,short_code',
        ),
      () =>
        bench.database.rows(
          byHand(bench, start, ['day', 'browser', 'os', 'country', 'city', 'referrer', 'short_code']),
        ),
    );
    return [
      atMost('stats-link', 'ms', link.spoor, link.floor, 1.25),
      atMost('stats-dashboard', 'ms', dashboard.spoor, dashboard.floor, 1.05),
    ];
  },
};

export async function ask(bench: Bench, question: string): Promise<void> {
  const response = await fetch(`${bench.url}/api/v1/stats?${question}`, { headers: bench.headers });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

function byHand(bench: Bench, start: number, dimensions: readonly string[], link?: string) {
  const columns = dimensions.map((name) => (name === 'day' ? 'toDate(clicked_at) AS day' : name)).join(', ');
  const sets = dimensions.map((name) => `(${name})`).join(', ');
  const time = (instant: number) => param('Int64', instant);
  const text = (content: string) => ({ kind: 'sql' as const, texts: [content], values: [] });
  return sql`SELECT ${text(columns)}, count(), uniqExact(visitor), countIf(is_bot), min(clicked_at), max(clicked_at),
    avg(redirect_ms)
  FROM clicks
  WHERE owner_id = ${param('String', bench.owner)}
    ${link === undefined ? text('') : sql`AND short_code = ${param('String', link)}`}
    AND clicked_at BETWEEN fromUnixTimestamp64Milli(${time(start)}, 'UTC') AND fromUnixTimestamp64Milli(${time(bench.end)}, 'UTC')
  GROUP BY GROUPING SETS (${text(sets)}, ())
  ORDER BY count() DESC`;
}
