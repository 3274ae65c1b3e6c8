import type { RunBody, ScheduleBody } from './schedule-schemas.ts';

export const SCHEDULE_ID = '5d1b6c1e-6d0f-4a53-9a0e-0d3b0a6f8a11';
export const WANTED_EXAMPLE = {
  name: 'every night',
  cron: '0 3 * * *',
  timezone: 'Europe/Berlin',
  range: 'yesterday',
  format: 'csv',
  group_by: ['time', 'country'],
  webhook: { url: 'https://example.com/spoor' },
} as const;
export const ALERT_EXAMPLE = {
  cron: '0 * * * *',
  range: 'since_last_run',
  condition: { metric: 'clicks', change: '-50%', against: 'previous' },
  webhook: { url: 'https://example.com/spoor' },
} as const;

export const SCHEDULE_EXAMPLE: ScheduleBody = {
  ...WANTED_EXAMPLE,
  id: SCHEDULE_ID,
  owner_id: 'me',
  what: 'stats',
  destination: null,
  next_run_at: '2026-02-01T02:00:00.000Z',
  created_at: '2026-01-31T10:00:00.000Z',
  changed_at: '2026-01-31T10:00:00.000Z',
};

export const RUN_EXAMPLE: RunBody = {
  due_at: '2026-02-01T02:00:00.000Z',
  status: 'done',
  window: { from: '2026-01-30T23:00:00.000Z', before: '2026-01-31T23:00:00.000Z' },
  attempts: 1,
  next_attempt_at: null,
  started_at: '2026-02-01T02:00:03.120Z',
  finished_at: '2026-02-01T02:00:04.910Z',
  error: null,
  export_id: '019c1a2b30008c1f2a7d3b4c5e6f',
  file_name: `spoor_stats_${SCHEDULE_ID}_2026-01-30T23-00-00.000Z_2026-01-31T23-00-00.000Z.zip`,
  rows: 1_240,
  bytes: 48_213,
  value: null,
  previous: null,
  condition_met: null,
  webhook: { event: 'export.done', status: 'delivered', attempts: 1, error: null },
};
