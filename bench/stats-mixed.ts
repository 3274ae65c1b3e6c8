import { render } from '../src/sql/render.ts';
import { param, sql } from '../src/sql/sql.ts';
import { planStats } from '../src/stats/plan-stats.ts';
import { compile } from '../src/stats/sql/compile.ts';
import { parseStatsRequest } from '../src/stats/parse/parse-request.ts';
import { statsQuery } from '../src/stats/parse/requested-query.ts';
import { type Bench, type Benchmark, atLeast, interleaved } from './harness.ts';
import { type WireRequest, load, wireRequest } from './load.ts';

/** V8 needs thousands of requests to compile all the code that one runs through. */
const WARM_UPS = 3;

/** 32 connections request 1,000 links, each once, so that no response comes from the cache. */
export const statsMixed: Benchmark = {
  floor:
    'ClickHouse alone, with the same queries over as many HTTP connections, responses read and discarded',
  run: async (bench) => {
    const links = await linksOf(bench);
    // Each run requests another range, for the same reason.
    let end = bench.end;
    const ask = (url: string, request: (link: string) => WireRequest): Promise<void> => {
      const requests = links.map(request).values();
      return load(new URL(url), () => requests.next().value);
    };
    const times = await interleaved(
      3,
      () => {
        end--;
        return ask(bench.url, (link) => statsRequest(bench, link, end));
      },
      () => ask(bench.clickhouse.url, (link) => query(bench, link, end)),
      WARM_UPS,
    );
    const rate = (milliseconds: number) => links.length / (milliseconds / 1000);
    return [atLeast('stats-mixed', 'queries/s', rate(times.spoor), rate(times.floor), 0.8)];
  },
};

async function linksOf({ database, owner }: Bench): Promise<readonly string[]> {
  const rows = await database.rows<[string]>(sql`
    SELECT short_code FROM urls FINAL WHERE owner_id = ${param('String', owner)} ORDER BY short_code LIMIT 1000`);
  return rows.map(([link]) => link);
}

function statsRequest({ url, headers }: Bench, link: string, end: number): WireRequest {
  const parameters = new URLSearchParams({ scope: 'anon', short_code: link, end_date: String(end) });
  return wireRequest(new URL(`${url}/api/v1/stats?${parameters}`), 'GET', headers);
}

function query({ clickhouse, owner, database }: Bench, link: string, end: number): WireRequest {
  const raw = { scope: 'anon', short_code: link, end_date: String(end) };
  const parsed = statsQuery(parseStatsRequest(raw, { now: Date.now(), timeZones: new Set(['UTC']) }));
  const { sql: text, params } = render(
    compile(planStats(parsed, { kind: 'url', ownerId: owner, shortCode: link })),
  );
  const url = new URL(clickhouse.url);
  url.searchParams.set('database', database.name);
  url.searchParams.set('default_format', 'JSONCompactEachRow');
  for (const [name, value] of Object.entries(params)) {
    const list = Array.isArray(value) ? `[${value.join(',')}]` : String(value);
    url.searchParams.set(`param_${name}`, list);
  }
  const login = Buffer.from(`${clickhouse.user}:${clickhouse.password}`).toString('base64');
  return wireRequest(url, 'POST', { authorization: `Basic ${login}` }, text);
}
