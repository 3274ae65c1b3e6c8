import { describe, expect, test } from '@jest/globals';
import { comparedRange, planStats, rangeDependedOn } from '../../src/stats/plan-stats.ts';
import { summaryMetrics } from '../../src/stats/registry/metrics.ts';
import { shapeCompared } from '../../src/stats/result/compared-result.ts';
import { compileRun, planRun, runStats, shapeRun } from '../../src/stats/run-stats.ts';
import { columnsOf } from '../../src/stats/sql/compile.ts';
import { OWNER, QUERY, compiled } from '../support/stats-sql.ts';

const PREVIOUS = { start: QUERY.range.start - 86_400_000, end: QUERY.range.start - 1 };

describe('the period before', () => {
  test.each([undefined, null])('none (%s): the plain query, and the result says so', (previous) => {
    const query = { ...QUERY, previous };
    expect(compiled({ previous })).toEqual(compiled({}));
    expect(comparedRange(query)).toEqual(QUERY.range);
    const plan = planStats(query, OWNER);
    const row = columnsOf(plan).map(() => 0);
    expect(shapeCompared(plan, [row], 0).previous).toBe(previous);
  });

  test('is a query of its own: the same but for its range; by itself, time and totals alone are shown', () => {
    const shown = { groupBy: ['os', 'time'], breakdown: true } as const;
    const query = { ...QUERY, ...shown, endsNow: true, previous: PREVIOUS };
    const { previous } = planStats(query, OWNER);
    const then = { ...query, range: PREVIOUS, endsNow: false, previous: undefined };
    expect(previous?.counted).toEqual(planStats(then, OWNER));
    expect(previous?.query).toEqual({ ...then, groupBy: ['time'], breakdown: false });
    expect(previous?.lists).toEqual([{ dimensions: ['time'] }]);
    expect(comparedRange(query)).toEqual({ start: PREVIOUS.start, end: QUERY.range.end });
    const turned = { ...QUERY, range: PREVIOUS, previous: QUERY.range };
    expect(comparedRange(turned)).toEqual(comparedRange(query));
  });

  test('its own rows are told from the others by their lists’ places', () => {
    const plan = planStats({ ...QUERY, metrics: ['clicks'], groupBy: ['os'], previous: PREVIOUS }, OWNER);
    const rowOf = (list: number, os: string, clicks: number, previous_clicks: number | null) => {
      const values: Readonly<Record<string, string | number | null>> = {
        list,
        os,
        groups: 1,
        previous_clicks,
      };
      return columnsOf(plan).map((name) => values[name] ?? (name === 'previous_clicks' ? null : clicks));
    };
    const rows = [
      rowOf(0, '', 7, 3),
      rowOf(1, 'Linux', 4, 3),
      rowOf(1, 'Windows', 2, 0),
      rowOf(1, 'iOS', 1, null),
      rowOf(100, '', 3, 0),
    ];
    const result = shapeCompared(plan, rows, 0);
    expect(result.summary.total_clicks).toBe(7);
    expect([...(result.metrics['clicks_by_os'] ?? [])]).toEqual([
      { os: 'Linux', clicks: 4, clicks_percentage: 57.14, previous: 3, change: 33.33 },
      { os: 'Windows', clicks: 2, clicks_percentage: 28.57, previous: 0, change: null },
      { os: 'iOS', clicks: 1, clicks_percentage: 14.29, previous: null, change: null },
    ]);
    expect(result.previous).toMatchObject({ summary: { total_clicks: 3 } });
    expect(result.previous).not.toHaveProperty('metrics');
  });
});

test('a run fills one slot a stage and keeps the others', async () => {
  const parsed = { query: QUERY, at: 5 };
  const row = ['list', 'browser', ...summaryMetrics([]), 'groups'].map(() => 0);
  const run = await runStats(parsed, OWNER, { read: async () => [row] });
  const planned = planRun(parsed, OWNER);
  expect(run).toMatchObject({ ...planned, rows: [row] });
  expect(Object.keys(run)).toEqual(['query', 'at', 'plan', 'statement', 'rows', 'result']);
  expect(run.result.generated_at).toBe(new Date(5).toISOString());
  // Stages are pure: the same slots make the same.
  expect(shapeRun({ ...compileRun(planned), rows: [row] }).result.summary).toEqual(run.result.summary);
  expect(Object.keys(run.result.metrics)).toEqual(QUERY.metrics.map((name) => `${name}_by_browser`));
});

test('what reading throws, a run throws', async () => {
  const read = () => Promise.reject(new Error('ClickHouse is away.'));
  await expect(runStats({ query: QUERY, at: 0 }, OWNER, { read })).rejects.toThrow('ClickHouse is away.');
});

test('an answer depends on all clicks up to its end where it tells new visitors from others', () => {
  const { end } = QUERY.range;
  expect(rangeDependedOn(QUERY)).toEqual(QUERY.range);
  const asked = { ...QUERY, metrics: ['returning_visitors'] } as const;
  expect(rangeDependedOn(asked)).toEqual({ start: Date.parse('2000-01-01T00:00Z'), end });
  expect(rangeDependedOn({ ...asked, keptSince: 5e11 })).toEqual({ start: 5e11, end });
  const sort = { by: 'new_visitors', isDescending: true } as const;
  expect(rangeDependedOn({ ...QUERY, sort }).start).toBeLessThan(QUERY.range.start);
});
