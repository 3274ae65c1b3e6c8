import { expect, test } from '@jest/globals';
import { readable } from '../../support/stats-sql.ts';

const PREVIOUS = { start: Date.parse('2025-12-31T00:00Z'), end: Date.parse('2026-01-01T00:00Z') - 1 };

test('a single list: each shard counts it and its summary in one read', () => {
  expect(`\n${readable({ groupBy: ['os'] }, { sharding: { cluster: 'all', database: 'spoor' } })}`).toBe(`
SELECT
  list,
  os,
  sum(shards.clicks) AS clicks,
  sum(shards.unique_clicks) AS unique_clicks,
  sum(shards.bot_clicks) AS bot_clicks,
  min(shards.first_click) AS first_click,
  max(shards.last_click) AS last_click,
  ifNull(floor(sum(shards.avg_redirection_time_sum) / sum(shards.avg_redirection_time_count) * 100 + 0.5) / 100, 0) AS avg_redirection_time,
  count() OVER (PARTITION BY list) AS groups
FROM cluster('all', view(
  SELECT
    NOT grouping(os) AS list,
    os,
    count() AS clicks,
    uniqExact(visitor) AS unique_clicks,
    countIf(is_bot) AS bot_clicks,
    nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
    nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
    sumOrNull(redirect_ms) AS avg_redirection_time_sum,
    count(redirect_ms) AS avg_redirection_time_count
  FROM spoor.clicks_local
  WHERE owner_id = "me"
    AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
  GROUP BY GROUPING SETS ((), (os))
)) AS shards
GROUP BY list, os
ORDER BY list, clicks DESC, os
LIMIT 1000 BY list
SETTINGS max_streams_to_max_threads_ratio = 0.5`);
});

test('two periods of several lists: one query on each shard, whose groups are then matched', () => {
  expect(
    `\n${readable({ groupBy: ['time', 'os'], metrics: ['clicks'], previous: PREVIOUS }, { sharding: { cluster: 'all', database: 'spoor' } })}`,
  ).toBe(`
SELECT
  list,
  time,
  os,
  clicks,
  unique_clicks,
  bot_clicks,
  first_click,
  last_click,
  avg_redirection_time,
  previous_clicks,
  groups
FROM (
  SELECT
    list,
    time,
    os,
    clicks,
    unique_clicks,
    bot_clicks,
    first_click,
    last_click,
    avg_redirection_time,
    previous_clicks,
    count() OVER (PARTITION BY list) AS groups
  FROM (
    SELECT
      place AS list,
      at AS time,
      os,
      anyIf(placed.clicks, NOT is_match) AS clicks,
      anyIf(placed.unique_clicks, NOT is_match) AS unique_clicks,
      anyIf(placed.bot_clicks, NOT is_match) AS bot_clicks,
      anyIf(placed.first_click, NOT is_match) AS first_click,
      anyIf(placed.last_click, NOT is_match) AS last_click,
      anyIf(placed.avg_redirection_time, NOT is_match) AS avg_redirection_time,
      if(at >= 1767312000, NULL, ifNull(anyIf(placed.clicks, is_match), 0)) AS previous_clicks
    FROM (
      SELECT
        arrayJoin(multiIf(list <= 100, [list], toUInt8(list - 100) = 1, [toUInt8(100 + 1), toUInt8(list - 100)], [toUInt8(list - 100)])) AS place,
        list >= 100 AND place < 100 AS is_match,
        if(is_match AND time != 0, time + transform(roundDown(time, [1767139200]), [1767139200], [86400], toInt64(0)), time) AS at,
        os,
        clicks,
        unique_clicks,
        bot_clicks,
        first_click,
        last_click,
        avg_redirection_time
      FROM (
        SELECT
          list,
          time,
          os,
          sum(shards.clicks) AS clicks,
          sum(shards.unique_clicks) AS unique_clicks,
          sum(shards.bot_clicks) AS bot_clicks,
          min(shards.first_click) AS first_click,
          max(shards.last_click) AS last_click,
          ifNull(floor(sum(shards.avg_redirection_time_sum) / sum(shards.avg_redirection_time_count) * 100 + 0.5) / 100, 0) AS avg_redirection_time
        FROM cluster('all', view(
          SELECT
            transform(grouping(time, os), [1,2], [1,2], 0) AS list,
            toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "UTC"))) AS time,
            os,
            count() AS clicks,
            NULL AS unique_clicks,
            NULL AS bot_clicks,
            NULL AS first_click,
            NULL AS last_click,
            NULL AS avg_redirection_time_sum,
            NULL AS avg_redirection_time_count
          FROM spoor.clicks_local
          WHERE owner_id = "me"
            AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
          GROUP BY GROUPING SETS ((time), (os))
          UNION ALL
          SELECT
            toUInt8(0) AS list,
            toInt64(0),
            '',
            count() AS clicks,
            uniqExact(visitor) AS unique_clicks,
            countIf(is_bot) AS bot_clicks,
            nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
            nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
            sumOrNull(redirect_ms) AS avg_redirection_time_sum,
            count(redirect_ms) AS avg_redirection_time_count
          FROM spoor.clicks_local
          WHERE owner_id = "me"
            AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
          UNION ALL
          SELECT
            toUInt8((transform(grouping(time, os), [1,2], [1,2], 0)) + 100) AS list,
            toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "UTC"))) AS time,
            os,
            count() AS clicks,
            NULL AS unique_clicks,
            NULL AS bot_clicks,
            NULL AS first_click,
            NULL AS last_click,
            NULL AS avg_redirection_time_sum,
            NULL AS avg_redirection_time_count
          FROM spoor.clicks_local
          WHERE owner_id = "me"
            AND clicked_at BETWEEN "2025-12-31 00:00:00.000" AND "2025-12-31 23:59:59.999"
          GROUP BY GROUPING SETS ((time), (os))
          UNION ALL
          SELECT
            toUInt8((toUInt8(0)) + 100) AS list,
            toInt64(0),
            '',
            count() AS clicks,
            uniqExact(visitor) AS unique_clicks,
            countIf(is_bot) AS bot_clicks,
            nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
            nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
            sumOrNull(redirect_ms) AS avg_redirection_time_sum,
            count(redirect_ms) AS avg_redirection_time_count
          FROM spoor.clicks_local
          WHERE owner_id = "me"
            AND clicked_at BETWEEN "2025-12-31 00:00:00.000" AND "2025-12-31 23:59:59.999"
        )) AS shards
        GROUP BY list, time, os
      ) AS counted
    ) AS placed
    GROUP BY place, at, os
    HAVING (place >= 100 OR place = 1 OR countIf(NOT is_match) > 0) AND countIf(at >= 0) > 0
  )
  ORDER BY list, clicks DESC, time, os
  LIMIT 1000 BY list, if(list = 1 OR list > 100, time, 0)
)
ORDER BY list, time, clicks DESC, time, os
SETTINGS max_streams_to_max_threads_ratio = 0.5`);
});
