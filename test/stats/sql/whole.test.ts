import { expect, test } from '@jest/globals';
import { readable } from '../../support/stats-sql.ts';

test('one dimension', () => {
  expect(`\n${readable({}, {})}`).toBe(`
SELECT
  NOT grouping(browser) AS list,
  browser,
  count() AS clicks,
  uniqExact(visitor) AS unique_clicks,
  countIf(is_bot) AS bot_clicks,
  nullIf(toUnixTimestamp64Milli(min(clicked_at)), 0) AS first_click,
  nullIf(toUnixTimestamp64Milli(max(clicked_at)), 0) AS last_click,
  ifNull(floor(avg(redirect_ms) * 100 + 0.5) / 100, 0) AS avg_redirection_time,
  count() OVER (PARTITION BY list) AS groups
FROM clicks
WHERE owner_id = "me"
  AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
GROUP BY GROUPING SETS ((), (browser))
ORDER BY list, clicks DESC, browser
LIMIT 1000 BY list`);
});

test('a breakdown of time and another dimension, of one URL', () => {
  expect(
    `\n${readable({ groupBy: ['time', 'os'], breakdown: true, bots: 'exclude' }, { tenant: { kind: 'url', ownerId: 'me', shortCode: "it's" } })}`,
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
    count() OVER (PARTITION BY list) AS groups
  FROM (
    SELECT
      transform(grouping(time, os), [1,2,0], [1,2,3], 0) AS list,
      toInt64(toUnixTimestamp(toStartOfInterval(clicked_at, INTERVAL 1 HOUR, "UTC"))) AS time,
      os,
      count() AS clicks,
      uniqExact(visitor) AS unique_clicks,
      NULL AS bot_clicks,
      NULL AS first_click,
      NULL AS last_click,
      NULL AS avg_redirection_time
    FROM clicks
    WHERE owner_id = "me"
      AND short_code = "it's"
      AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
      AND NOT is_bot
    GROUP BY GROUPING SETS ((time), (os), (time, os))
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
      ifNull(floor(avg(redirect_ms) * 100 + 0.5) / 100, 0) AS avg_redirection_time
    FROM clicks
    WHERE owner_id = "me"
      AND short_code = "it's"
      AND clicked_at BETWEEN "2026-01-01 00:00:00.000" AND "2026-01-02 00:00:00.000"
      AND NOT is_bot
  )
  ORDER BY list, clicks DESC, time, os
  LIMIT 1000 BY list, if(list = 1, time, 0)
)
ORDER BY list, time, clicks DESC, time, os
SETTINGS max_streams_to_max_threads_ratio = 0.5`);
});
