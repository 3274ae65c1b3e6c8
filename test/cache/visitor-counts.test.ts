import { expect, test } from '@jest/globals';
import { ByteLru } from '../../src/cache/byte-lru.ts';
import { VisitorCounts } from '../../src/cache/visitor-counts.ts';
import type { Summary } from '../../src/stats/registry/summary.ts';
import type { Tenant } from '../../src/stats/sql/conditions.ts';
import type { StatsQuery } from '../../src/stats/query.ts';
import { is } from '../support/filters.ts';

const ME: Tenant = { kind: 'owner', ownerId: 'me' };

const QUERY: StatsQuery = {
  subject: { scope: 'all', ownerId: undefined },
  range: { start: 1_000, end: 5_000 },
  groupBy: ['os'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'hour',
  breakdown: false,
  filters: [],
  bots: 'include',
  limit: 1_000,
};

const answer = (total_clicks: number, unique_clicks: number): { readonly summary: Summary } => ({
  summary: {
    total_clicks,
    unique_clicks,
    bot_clicks: 0,
    first_click: null,
    last_click: null,
    avg_redirection_time: 0,
  },
});

test('what an answer told holds for other ranges and dimensions, and for no other conditions', () => {
  const known = new VisitorCounts(new ByteLru(100_000));
  known.learn(QUERY, ME, answer(200_000, 150_000));
  const told = { clicks: 200_000, visitors: 150_000, span: 4_000 };
  const other: StatsQuery = { ...QUERY, range: { start: 0, end: 9_000 }, groupBy: ['time', 'city'] };
  expect(known.find(other, ME)).toEqual(told);
  expect(known.find({ ...QUERY, filters: [is('os', 'Linux')] }, ME)).toBeUndefined();
  expect(known.find({ ...QUERY, bots: 'only' }, ME)).toBeUndefined();
  expect(known.find(QUERY, { kind: 'owner', ownerId: 'you' })).toBeUndefined();
  expect(known.find(QUERY, { kind: 'every-owner' })).toBeUndefined();
});

test('few clicks say nothing, and take nothing from what is known', () => {
  const known = new VisitorCounts(new ByteLru(100_000));
  known.learn(QUERY, ME, answer(300_000, 10));
  known.learn(QUERY, ME, answer(99_999, 99_999));
  expect(known.find(QUERY, ME)).toMatchObject({ clicks: 300_000, visitors: 10 });
});
