import { expect, test } from '@jest/globals';
import type { StatsQuery } from '../../../src/stats/query.ts';
import { planStats } from '../../../src/stats/plan-stats.ts';
import { columnsOf } from '../../../src/stats/sql/compile.ts';
import { METRIC_NAMES } from '../../../src/stats/registry/metrics.ts';
import { OWNER, QUERY, readable } from '../../support/stats-sql.ts';

test('what a limit cuts off is united once it is known which groups are shown', () => {
  expect(`\n${readable({ metrics: ['unique_clicks'], limit: 3, offset: 2, other: true })}`).toBe(`
SELECT
  list,
  if(is_other, '', ranked.browser) AS browser,
  sum(ranked.part_clicks) AS clicks,
  finalizeAggregation(uniqExactMergeState(ranked.part_unique_clicks)) AS unique_clicks,
  sum(ranked.part_bot_clicks) AS bot_clicks,
  min(ranked.part_first_click) AS first_click,
  max(ranked.part_last_click) AS last_click,
  ifNull(floor(sum(ranked.part_avg_redirection_time_sum) / sum(ranked.part_avg_redirection_time_count) * 100 + 0.5) / 100, 0) AS avg_redirection_time,
  is_other AS other,
  any(ranked.groups) AS groups,
  min(ranked.place) AS place
FROM (
  SELECT
    *,
    row_number() OVER (PARTITION BY list ORDER BY is_now DESC, unique_clicks DESC, browser ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS place,
    countIf(is_now) OVER (PARTITION BY list) AS groups,
    list != 0 AND NOT list > 100 AND (NOT is_now OR place > 5) AS is_other
  FROM (
    SELECT
      list,
      browser,
      1 AS is_now,
      finalizeAggregation(uniqExactMergeState(placed.unique_clicks)) AS unique_clicks,
      sum(placed.clicks) AS part_clicks,
      uniqExactMergeState(placed.unique_clicks) AS part_unique_clicks,
      sum(placed.bot_clicks) AS part_bot_clicks,
      min(placed.first_click) AS part_first_click,
      max(placed.last_click) AS part_last_click,
      sum(placed.avg_redirection_time_sum) AS part_avg_redirection_time_sum,
      sum(placed.avg_redirection_time_count) AS part_avg_redirection_time_count
    FROM (
      SELECT
        NOT grouping(browser) AS list,
        browser,
        count() AS clicks,
        uniqExactState(visitor) AS unique_clicks,
        countIf(is_bot) AS bot_clicks,
        nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
        nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
        sumOrNull(redirect_ms) AS avg_redirection_time_sum,
        count(redirect_ms) AS avg_redirection_time_count
      FROM clicks
      WHERE owner_id = "me"
        AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
      GROUP BY GROUPING SETS ((), (browser))
    ) AS placed
    GROUP BY list, browser
  )
  QUALIFY place = 1 OR place > 2
) AS ranked
GROUP BY list, is_other, browser
HAVING NOT is_other OR max(is_now)
ORDER BY list, other, unique_clicks DESC, browser
SETTINGS max_streams_to_max_threads_ratio = 0.5`);
});

test.each<[string, Partial<StatsQuery>]>([
  ['on one server', {}],
  ['with another period', { previous: { start: 0, end: QUERY.range.start - 1 } }],
])('rows have the columns of other rows, and what tells the united ones: %s', (_, change) => {
  const query = { ...QUERY, metrics: METRIC_NAMES, ...change };
  const columns = (other: boolean): readonly string[] =>
    columnsOf(planStats(other ? { ...query, other } : query, OWNER));
  expect(new Set(columns(true))).toEqual(new Set([...columns(false), 'other', 'place']));
});

test('without it, nothing of that is in the query', () => {
  expect(readable({})).not.toMatch(/is_other|State/);
});
