import { type Sql, EMPTY, identifier, join, param, sql } from '../src/sql/sql.ts';
import type { Bench } from './harness.ts';

const DAY_MS = 86_400_000;

/** What a dashboard shows. */
const DIMENSIONS = ['time', 'browser', 'os', 'country', 'city', 'referrer', 'short_code'];
const DASHBOARD_DAYS = 28;
const DEFAULT_DAYS = 7;

/** Ends of questions: each a little earlier than the one before, or its answer would be one that was kept. */
let asked = 0;

export async function ask(bench: Bench, question: string): Promise<void> {
  const response = await fetch(`${bench.url}/api/v1/stats?${question}`, { headers: bench.headers });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

/** One link's default question. */
export function askLink(bench: Bench): Promise<void> {
  return ask(bench, `scope=anon&short_code=${bench.link}&end_date=${bench.end - ++asked}`);
}

/** @param metrics `clicks`, or both */
export function askDashboard(bench: Bench, owner: string, metrics = 'clicks,unique_clicks'): Promise<void> {
  const start = bench.end - DASHBOARD_DAYS * DAY_MS;
  return ask(
    bench,
    `owner_id=${owner}&start_date=${start}&end_date=${bench.end - ++asked}&interval=day` +
      `&group_by=${DIMENSIONS.join(',')}&metrics=${metrics}`,
  );
}

const SUMMARY = sql`countIf(is_bot), min(clicked_at), max(clicked_at), avg(redirect_ms)`;
const TIME = sql`toDate(clicked_at) AS time`;

/** The floor of `askLink`. */
export async function linkByHand({ database, owner, link, end }: Bench): Promise<void> {
  await database.rows(sql`SELECT ${TIME}, count() AS clicks, uniqExact(visitor), ${SUMMARY}
    FROM clicks
    WHERE owner_id = ${param('String', owner)} AND short_code = ${param('String', link)}
      AND clicked_at BETWEEN ${instant(end - DEFAULT_DAYS * DAY_MS)} AND ${instant(end)}
    GROUP BY GROUPING SETS ((time), ())
    ORDER BY clicks DESC`);
}

/** The floor of `askDashboard` with both metrics: all in one pass. */
export async function dashboardByHand(bench: Bench, owner: string): Promise<void> {
  await bench.database.rows(
    sql`${grouped(bench, owner, sql`uniqExact(visitor), ${SUMMARY}`, sql`, ()`)} ORDER BY clicks DESC`,
  );
}

/** The floor of `askDashboard` with clicks alone: visitors are counted for the summary and for nothing else. */
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
