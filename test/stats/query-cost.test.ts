import { expect, test } from '@jest/globals';
import type { StatsQuery } from '../../src/stats/query.ts';
import { costOf } from '../../src/stats/query-cost.ts';
import { QUERY } from '../support/stats-sql.ts';

const BASE: StatsQuery = { ...QUERY, groupBy: ['browser'], breakdown: false, limit: 10 };

test.each<[string, Partial<StatsQuery>]>([
  ['another list', { groupBy: ['browser', 'os'] }],
  ['a breakdown', { groupBy: ['browser', 'os'], breakdown: true }],
  ['values of which a click can have several', { groupBy: ['tag'] }],
  ['a row of the groups that are cut', { other: true }],
  ['first clicks of visitors', { metrics: ['new_visitors'] }],
])('a question costs more with %s', (_, change) => {
  expect(costOf({ ...BASE, ...change }, 1_000)).toBeGreaterThan(costOf(BASE, 1_000));
  expect(costOf({ ...BASE, ...change }, 2_000)).toBe(2 * costOf({ ...BASE, ...change }, 1_000));
});
