import { describe, expect, test } from '@jest/globals';
import type { StatsQuery } from '../../../src/stats/query.ts';
import { chooseVisitorPlan } from '../../../src/stats/sql/visitor-plan.ts';

const HOUR = 3_600_000;

const DASHBOARD: StatsQuery = {
  subject: { scope: 'all', ownerId: undefined },
  range: { start: 0, end: 10 * HOUR },
  groupBy: ['time', 'browser', 'os', 'country'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'hour',
  breakdown: false,
  filters: [],
  bots: 'include',
  limit: 1_000,
};
const FRESH = { clicks: 1_000_000, visitors: 850_000, span: 10 * HOUR };

describe('the plan', () => {
  test.each([
    ['nothing is known', {}, undefined, 'all-alike'],
    ['most clicks are of visitors who come once', {}, FRESH, 'returning-apart'],
    ['most visitors return', {}, { ...FRESH, visitors: 500_000 }, 'all-alike'],
    ['the lists are few', { groupBy: ['time', 'os', 'city'] }, FRESH, 'all-alike'],
    [
      'the breakdown is the fourth list',
      { groupBy: ['time', 'os', 'city'], breakdown: true },
      FRESH,
      'returning-apart',
    ],
    ['there are few clicks', {}, { ...FRESH, clicks: 90_000, visitors: 80_000 }, 'all-alike'],
    [
      'the range is a small part of the known one',
      { range: { start: 0, end: HOUR / 2 } },
      FRESH,
      'all-alike',
    ],
    [
      'the range is longer than the known one',
      { range: { start: 0, end: 99 * HOUR } },
      FRESH,
      'returning-apart',
    ],
    ['both ranges are moments', { range: { start: 0, end: 0 } }, { ...FRESH, span: 0 }, 'all-alike'],
  ] as const)('where %s', (_, change, known, plan) => {
    expect(chooseVisitorPlan({ ...DASHBOARD, ...change }, known)).toBe(plan);
  });
});
