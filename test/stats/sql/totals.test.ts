import { expect, test } from '@jest/globals';
import type { StatsQuery } from '../../../src/stats/query.ts';
import type { PlanOptions } from '../../../src/stats/plan-stats.ts';
import { linesBetween, readable } from '../../support/stats-sql.ts';

const CLICKS = 'count() AS clicks,';
const VISITORS = 'uniqExact(visitor) AS unique_clicks,';
const TOTALS = `countIf(is_bot) AS bot_clicks,
nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
ifNull(floor(avg(redirect_ms) * 100 + 0.5) / 100, 0) AS avg_redirection_time`;
const NO_TOTALS = `NULL AS bot_clicks,
NULL AS first_click,
NULL AS last_click,
NULL AS avg_redirection_time`;

const LISTS = 'transform(grouping(os, city), [1,2], [1,2], 0) AS list,\nos,\ncity,';
const SUMMARY = "toUInt8(0) AS list,\n'',\n'',";

/** What each read of the table selects, the last one's order clauses left out. */
function selected(change: Partial<StatsQuery>, options?: PlanOptions): readonly string[] {
  const text = readable({ groupBy: ['os', 'city'], ...change }, options);
  return text
    .split('SELECT\n')
    .filter((select) => /^\s*FROM (?:clicks|spoor\.clicks_local)$/m.test(select))
    .map((select) => linesBetween(select, select.trim().split('\n')[0] ?? '', 'FROM'));
}

test('a single list brings its summary along: one read', () => {
  expect(selected({ groupBy: ['os'] })).toEqual([
    `NOT grouping(os) AS list,\nos,\n${CLICKS}\n${VISITORS}\n${TOTALS},\ncount() OVER (PARTITION BY list) AS groups`,
  ]);
});

test('several lists leave the totals to a summary of its own', () => {
  expect(selected({})).toEqual([
    `${LISTS}\n${CLICKS}\n${VISITORS}\n${NO_TOTALS}`,
    `${SUMMARY}\n${CLICKS}\n${VISITORS}\n${TOTALS}`,
  ]);
});

test('lists count what is asked for, the summary everything', () => {
  const summary = `${SUMMARY}\n${CLICKS}\n${VISITORS}\n${TOTALS}`;
  expect(selected({ metrics: ['clicks'] })).toEqual([
    `${LISTS}\n${CLICKS}\nNULL AS unique_clicks,\n${NO_TOTALS}`,
    summary,
  ]);
  expect(selected({ metrics: ['unique_clicks'] })).toEqual([
    `${LISTS}\nNULL AS clicks,\n${VISITORS}\n${NO_TOTALS}`,
    summary,
  ]);
});

test('a single list that lacks a costly metric does not count it for the summary', () => {
  expect(selected({ groupBy: ['os'], metrics: ['clicks'] })).toHaveLength(2);
  expect(selected({ groupBy: ['os'], metrics: ['unique_clicks'] })).toHaveLength(1);
});

test('metrics that are asked for stand in lists and in the summary, the others nowhere', () => {
  const asked = `countIf(NOT is_bot) AS human_clicks,
ifNotFinite(floor(quantilesExactInclusive(0.5, 0.95, 0.99)(redirect_ms)[2] * 100 + 0.5) / 100, NULL) AS p95_redirection_time,
ifNull(floor(count() * 100 / nullIf(uniqExact(visitor), 0) + 0.5) / 100, 0) AS clicks_per_visitor`;
  expect(selected({ metrics: ['human_clicks', 'p95_redirection_time', 'clicks_per_visitor'] })).toEqual([
    `${LISTS}\nNULL AS clicks,\nNULL AS unique_clicks,\n${NO_TOTALS},\n${asked}`,
    `${SUMMARY}\n${CLICKS}\n${VISITORS}\n${TOTALS},\n${asked}`,
  ]);
});

test('lists of what the summary has anyway', () => {
  const list = `NULL AS clicks,
NULL AS unique_clicks,
countIf(is_bot) AS bot_clicks,
NULL AS first_click,
nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
ifNull(floor(avg(redirect_ms) * 100 + 0.5) / 100, 0) AS avg_redirection_time`;
  expect(selected({ metrics: ['bot_clicks', 'last_click', 'avg_redirection_time'] })).toEqual([
    `${LISTS}\n${list}`,
    `${SUMMARY}\n${CLICKS}\n${VISITORS}\n${TOTALS}`,
  ]);
});

test('shards send the values of all percentiles once', () => {
  const sharding = { cluster: 'all', database: 'spoor' };
  const metrics = ['p50_redirection_time', 'p99_redirection_time', 'clicks_per_visitor'] as const;
  const parts = `quantilesExactInclusiveState(0.5, 0.95, 0.99)(redirect_ms) AS redirect_ms_values,
count() AS clicks_per_visitor_many,
uniqExact(visitor) AS clicks_per_visitor_each`;
  for (const select of selected({ metrics }, { sharding })) expect(select).toContain(parts);
  const merged = linesBetween(readable({ metrics }, { sharding }), 'ifNull(', 'count() OVER');
  const percentile = (place: number, name: string): string =>
    `ifNotFinite(floor(finalizeAggregation(quantilesExactInclusiveMergeState(0.5, 0.95, 0.99)(shards.redirect_ms_values))[${place}] * 100 + 0.5) / 100, NULL) AS ${name},`;
  expect(merged.split('\n').slice(1)).toEqual([
    percentile(1, 'p50_redirection_time'),
    percentile(3, 'p99_redirection_time'),
    'ifNull(floor(sum(shards.clicks_per_visitor_many) * 100 / nullIf(sum(shards.clicks_per_visitor_each), 0) + 0.5) / 100, 0) AS clicks_per_visitor,',
  ]);
});

test.each([
  [
    'an owner, since clicks are kept',
    {},
    { keptSince: Date.parse('2025-12-01T00:00Z') },
    `(visitor, clicked_at) IN (
SELECT visitor, min(clicked_at)
FROM clicks
WHERE owner_id = "me"
AND clicked_at >= "2025-12-01 00:00:00.000"
AND clicked_at <= "2026-01-02 00:00:00.000"
GROUP BY visitor
HAVING min(clicked_at) >= "2026-01-01 00:00:00.000"
)`,
  ],
  [
    'a URL, on a shard, until now',
    {
      tenant: { kind: 'url', ownerId: 'me', shortCode: 'launch' },
      sharding: { cluster: 'all', database: 'spoor' },
    },
    { endsNow: true },
    `(visitor, clicked_at) IN (
SELECT visitor, min(clicked_at)
FROM spoor.clicks_local
WHERE owner_id = "me"
AND short_code = "launch"
AND clicked_at <= "2026-01-02 00:05:00.000"
GROUP BY visitor
HAVING min(clicked_at) >= "2026-01-01 00:00:00.000"
)`,
  ],
  [
    'every owner, each for itself',
    { tenant: { kind: 'every-owner' } },
    {},
    `(owner_id, visitor, clicked_at) IN (
SELECT owner_id, visitor, min(clicked_at)
FROM clicks
WHERE clicked_at <= "2026-01-02 00:00:00.000"
GROUP BY owner_id, visitor
HAVING min(clicked_at) >= "2026-01-01 00:00:00.000"
)`,
  ],
] as const)('first clicks are looked for whatever the filters: of %s', (_, options, change, isFirst) => {
  const text = readable(
    { bots: 'exclude', metrics: ['new_visitors', 'returning_visitors'], ...change },
    options,
  );
  const flat = text
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
  expect(flat).toContain(`uniqExactIf(visitor, ${isFirst}) AS new_visitors`);
  const returning =
    'sharding' in options
      ? `uniqExact(visitor) AS returning_visitors_all,\nuniqExactIf(visitor, ${isFirst}) AS returning_visitors_some`
      : `uniqExact(visitor) - uniqExactIf(visitor, ${isFirst}) AS returning_visitors`;
  expect(flat).toContain(returning);
});

test('visitors who return are counted apart in lists, not in the summary', () => {
  const [lists = '', summary] = [
    readable({ groupBy: ['os', 'city'] }, { visitorPlan: 'returning-apart' }).split('UNION ALL')[0],
    selected({}, { visitorPlan: 'returning-apart' }).at(-1),
  ];
  const flat = lists.replaceAll(/\s+/g, ' ');
  const returning = `visitor IN ( SELECT visitor FROM clicks WHERE owner_id = "me" AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000" GROUP BY visitor HAVING count() > 1 )`;
  expect(flat).toContain(`countIf(NOT ${returning}) + uniqExactIf(visitor, ${returning}) AS unique_clicks`);
  expect(summary).toBe(`${SUMMARY}\n${CLICKS}\n${VISITORS}\n${TOTALS}`);
});

test('each shard counts what its numbers are put together from', () => {
  const sharding = { cluster: 'all', database: 'spoor' };
  const totals = TOTALS.replace(
    'ifNull(floor(avg(redirect_ms) * 100 + 0.5) / 100, 0) AS avg_redirection_time',
    'sumOrNull(redirect_ms) AS avg_redirection_time_sum,\ncount(redirect_ms) AS avg_redirection_time_count',
  );
  expect(selected({ groupBy: ['os'] }, { sharding })).toEqual([
    `NOT grouping(os) AS list,\nos,\n${CLICKS}\n${VISITORS}\n${totals}`,
  ]);
});
