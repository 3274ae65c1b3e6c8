const bucket = (day: string) => ({ time: day, bucket_start: `${day}T00:00:00.000-05:00` });

/** The body of a `GET /api/v1/export?format=json`. */
export const EXPORTED_EXAMPLE = {
  scope: 'anon',
  short_code: 'launch',
  api_version: 'v1',
  generated_at: '2026-01-31T10:00:00.000Z',
  filters: { browser: ['Chrome', 'Firefox'] },
  group_by: ['time', 'browser'],
  timezone: 'America/New_York',
  time_range: {
    start_date: '2026-01-24T00:00:00.000-05:00',
    end_date: '2026-01-25T23:59:59.999-05:00',
    clamped: false,
    window_days: 2,
  },
  time_bucket_info: {
    strategy: 'daily',
    interval_minutes: 1440,
    display_format: '%Y-%m-%d',
    mongo_format: '%Y-%m-%d',
    timezone: 'America/New_York',
  },
  summary: {
    total_clicks: 100,
    unique_clicks: 40,
    bot_clicks: 3,
    first_click: '2026-01-24T07:12:09.120-05:00',
    last_click: '2026-01-25T22:01:00.000-05:00',
    avg_redirection_time: 12.34,
  },
  computed_metrics: { unique_click_rate: 40, repeat_click_rate: 60, average_clicks_per_visitor: 2.5 },
  metrics: {
    clicks_by_time: [
      { ...bucket('2026-01-24'), clicks: 60, clicks_percentage: 60 },
      { ...bucket('2026-01-25'), clicks: 40, clicks_percentage: 40 },
    ],
    clicks_by_browser: [
      { browser: 'Chrome', clicks: 75, clicks_percentage: 75 },
      { browser: 'Firefox', clicks: 25, clicks_percentage: 25 },
    ],
    clicks_by_time_browser: [
      { ...bucket('2026-01-24'), browser: 'Chrome', clicks: 50, clicks_percentage: 50 },
      { ...bucket('2026-01-24'), browser: 'Firefox', clicks: 10, clicks_percentage: 10 },
      { ...bucket('2026-01-25'), browser: 'Chrome', clicks: 25, clicks_percentage: 25 },
      { ...bucket('2026-01-25'), browser: 'Firefox', clicks: 15, clicks_percentage: 15 },
    ],
  },
  group_counts: { browser: 2, time_browser: 4 },
} as const;

/** The body of a `GET /api/v1/stats` with `compare=previous`. */
export const STATS_EXAMPLE = {
  ...EXPORTED_EXAMPLE,
  metrics: {
    clicks_by_time: [
      { ...bucket('2026-01-24'), clicks: 60, clicks_percentage: 60, previous: 20, change: 200 },
      { ...bucket('2026-01-25'), clicks: 40, clicks_percentage: 40, previous: 60, change: -33.33 },
    ],
    clicks_by_browser: [
      { browser: 'Chrome', clicks: 75, clicks_percentage: 75, previous: 80, change: -6.25 },
      { browser: 'Firefox', clicks: 25, clicks_percentage: 25, previous: 0, change: null },
    ],
    clicks_by_time_browser: [
      {
        ...bucket('2026-01-24'),
        browser: 'Chrome',
        clicks: 50,
        clicks_percentage: 50,
        previous: 20,
        change: 150,
      },
      {
        ...bucket('2026-01-24'),
        browser: 'Firefox',
        clicks: 10,
        clicks_percentage: 10,
        previous: 0,
        change: null,
      },
      {
        ...bucket('2026-01-25'),
        browser: 'Chrome',
        clicks: 25,
        clicks_percentage: 25,
        previous: 60,
        change: -58.33,
      },
      {
        ...bucket('2026-01-25'),
        browser: 'Firefox',
        clicks: 15,
        clicks_percentage: 15,
        previous: 0,
        change: null,
      },
    ],
  },
  previous: {
    time_range: { start_date: '2026-01-22T00:00:00.000-05:00', end_date: '2026-01-23T23:59:59.999-05:00' },
    summary: {
      total_clicks: 80,
      unique_clicks: 40,
      bot_clicks: 0,
      first_click: '2026-01-22T09:00:00.000-05:00',
      last_click: '2026-01-23T21:30:12.008-05:00',
      avg_redirection_time: 11.02,
    },
    computed_metrics: { unique_click_rate: 50, repeat_click_rate: 50, average_clicks_per_visitor: 2 },
    metrics: {
      clicks_by_time: [
        { ...bucket('2026-01-22'), clicks: 20, clicks_percentage: 25 },
        { ...bucket('2026-01-23'), clicks: 60, clicks_percentage: 75 },
      ],
    },
  },
} as const;

/** The body of a `GET /api/v1/stats/links/launch`. */
export const LINK_STATS_EXAMPLE = { url_id: 'launch', alias: 'launch', ...EXPORTED_EXAMPLE } as const;

export const XML_EXAMPLE =
  '<?xml version="1.0" encoding="UTF-8"?>\n<export><scope>all</scope><api_version>v1</api_version> … </export>';
