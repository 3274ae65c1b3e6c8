import { z } from 'zod';
import { type Sql, EMPTY, identifier, join, param, sql } from '../src/sql/sql.ts';
import type { Bench } from './harness.ts';

const DAY_MS = 86_400_000;

/** The dimensions of a dashboard. */
const DIMENSIONS = ['time', 'browser', 'os', 'country', 'city', 'referrer', 'short_code'];
const DASHBOARD_DAYS = 28;
const DEFAULT_DAYS = 7;

/** Counts requests: each ends a little earlier than the one before, so that none is served from the cache. */
let sent = 0;

export async function requestStats(bench: Bench, parameters: string): Promise<void> {
  const response = await fetch(`${bench.url}/api/v1/stats?${parameters}`, { headers: bench.headers });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** The default stats request for one link. */
export function requestLink(bench: Bench): Promise<void> {
  return requestStats(bench, `scope=anon&short_code=${bench.link}&end_date=${bench.end - ++sent}`);
}

/** @param metrics `clicks`, or both */
export function requestDashboard(
  bench: Bench,
  owner: string,
  metrics = 'clicks,unique_clicks',
): Promise<void> {
  const start = bench.end - DASHBOARD_DAYS * DAY_MS;
  return requestStats(
    bench,
    `owner_id=${owner}&start_date=${start}&end_date=${bench.end - ++sent}&interval=day` +
      `&group_by=${DIMENSIONS.join(',')}&metrics=${metrics}`,
  );
}

/** What a dashboard asks: its chart, with the period before, and the first rows of each list. */
function dashboardQuestions(bench: Bench, owner: string): readonly Readonly<Record<string, unknown>>[] {
  const about = {
    owner_id: owner,
    start_date: bench.end - DASHBOARD_DAYS * DAY_MS,
    end_date: bench.end - ++sent,
  };
  const lists = DIMENSIONS.filter((name) => name !== 'time');
  return [
    { ...about, group_by: 'time', interval: 'day', compare: 'previous' },
    ...lists.map((name) => ({ ...about, group_by: name, limit: 10 })),
    { ...about, group_by: 'city', limit: 10, offset: 10 },
    { ...about, group_by: 'country', limit: 300 },
    { ...about, group_by: 'time', interval: 'hour' },
    { ...about, group_by: 'browser', sort: 'browser', limit: 10 },
  ];
}

/** All of a dashboard's questions at once. */
export async function requestBatch(bench: Bench, owner: string): Promise<void> {
  const response = await fetch(`${bench.url}/api/v1/stats/query`, {
    method: 'POST',
    headers: { ...bench.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ queries: dashboardQuestions(bench, owner) }),
  });
  if (!response.ok) throw new Error(await response.text());
  const { results } = z
    .object({ results: z.array(z.object({ status: z.number() })) })
    .parse(await response.json());
  if (results.some(({ status }) => status !== 200)) throw new Error('A question of the batch failed.');
}

/** The floor of `requestBatch`: each by itself. */
export async function requestParts(bench: Bench, owner: string): Promise<void> {
  for (const question of dashboardQuestions(bench, owner)) {
    await requestStats(
      bench,
      new URLSearchParams(
        Object.entries(question).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString(),
    );
  }
}

const SUMMARY = sql`countIf(is_bot), min(clicked_at), max(clicked_at), avg(redirect_ms)`;
const TIME = sql`toDate(clicked_at) AS time`;

/** The floor of `requestLink`. */
export async function linkByHand({ database, owner, link, end }: Bench): Promise<void> {
  await database.rows(sql`SELECT ${TIME}, count() AS clicks, uniqExact(visitor), ${SUMMARY}
    FROM clicks
    WHERE owner_id = ${param('String', owner)} AND short_code = ${param('String', link)}
      AND clicked_at BETWEEN ${instant(end - DEFAULT_DAYS * DAY_MS)} AND ${instant(end)}
    GROUP BY GROUPING SETS ((time), ())
    ORDER BY clicks DESC`);
}

/** The floor of `requestDashboard` with both metrics: everything in one pass. */
export async function dashboardByHand(bench: Bench, owner: string): Promise<void> {
  await bench.database.rows(
    sql`${grouped(bench, owner, sql`uniqExact(visitor), ${SUMMARY}`, sql`, ()`)} ORDER BY clicks DESC`,
  );
}

/** The floor of `requestDashboard` without visitors: they are counted only for the summary. */
export async function clicksByHand(bench: Bench, owner: string): Promise<void> {
  await bench.database.rows(
    sql`SELECT * FROM (${grouped(bench, owner, sql`0 AS visitors, 0 AS bots, NULL AS first, NULL AS last, NULL AS average`, EMPTY)}
      UNION ALL
      SELECT today(), '', '', '', '', '', '', count(), uniqExact(visitor), ${SUMMARY} ${clicksOf(bench, owner)})
      ORDER BY clicks DESC`,
  );
}

function grouped(bench: Bench, owner: string, numbers: Sql, more: Sql): Sql {
  const names = DIMENSIONS.map(identifier);
  return sql`SELECT ${join([TIME, ...names.slice(1)], ', ')}, count() AS clicks, ${numbers}
    ${clicksOf(bench, owner)}
    GROUP BY GROUPING SETS (${join(
      names.map((name) => sql`(${name})`),
      ', ',
    )}${more})`;
}

function clicksOf({ end }: Bench, owner: string): Sql {
  return sql`FROM clicks
    WHERE owner_id = ${param('String', owner)}
      AND clicked_at BETWEEN ${instant(end - DASHBOARD_DAYS * DAY_MS)} AND ${instant(end)}`;
}

function instant(milliseconds: number): Sql {
  return sql`fromUnixTimestamp64Milli(${param('Int64', milliseconds)}, 'UTC')`;
}
