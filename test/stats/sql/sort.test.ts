import { describe, expect, test } from '@jest/globals';
import type { StatsQuery } from '../../../src/stats/query.ts';
import { planStats } from '../../../src/stats/plan-stats.ts';
import { columnsOf } from '../../../src/stats/sql/compile.ts';
import { listsOf } from '../../../src/stats/metric-lists.ts';
import { OWNER, QUERY, readable } from '../../support/stats-sql.ts';

const FEWER_STREAMS = 'SETTINGS max_streams_to_max_threads_ratio = 0.5';

/** What comes after the groups: how they are cut, ordered and read. */
function orderOf(change: Partial<StatsQuery>): readonly string[] {
  return readable(change)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:ORDER BY|LIMIT|QUALIFY|SETTINGS)/.test(line));
}

describe('rows are cut and ordered', () => {
  test.each([
    ['a single list', {}, ['ORDER BY list, clicks DESC, browser', 'LIMIT 1000 BY list']],
    ['without a limit', { limit: undefined }, ['ORDER BY list, clicks DESC, browser']],
    ['time alone: neither cut nor sorted', { groupBy: ['time'] }, []],
    [
      'by visitors where nothing else is asked for',
      { metrics: ['unique_clicks'] },
      ['ORDER BY list, unique_clicks DESC, browser', 'LIMIT 1000 BY list'],
    ],
    [
      'by a metric that is not shown',
      { sort: { by: 'p95_redirection_time', isDescending: false } },
      ['ORDER BY list, p95_redirection_time, browser', 'LIMIT 1000 BY list'],
    ],
    [
      'by a dimension, and what is equal in it as ever',
      { groupBy: ['os', 'hour_of_day'], sort: { by: 'hour_of_day', isDescending: true } },
      [
        'ORDER BY list, toFloat64OrNull(hour_of_day) DESC, hour_of_day DESC, clicks DESC, os, hour_of_day',
        'LIMIT 1000 BY list',
        FEWER_STREAMS,
      ],
    ],
    [
      'from a place on',
      { offset: 20, limit: 10 },
      ['QUALIFY place = 1 OR place BETWEEN 21 AND 30', 'ORDER BY list, clicks DESC, browser'],
    ],
    [
      'from a place on, and time whole',
      { offset: 20, limit: undefined, groupBy: ['os', 'time'] },
      [
        'QUALIFY place = 1 OR list = 2 OR place > 20',
        'ORDER BY list, clicks DESC, os, time',
        'ORDER BY list, time, clicks DESC, os, time',
        FEWER_STREAMS,
      ],
    ],
    [
      'several lists',
      { groupBy: ['os', 'city'] },
      ['ORDER BY list, clicks DESC, os, city', 'LIMIT 1000 BY list', FEWER_STREAMS],
    ],
    [
      'lists with time: cut by rank, shown by time, and time’s own never cut',
      { groupBy: ['os', 'time'], breakdown: true },
      [
        'ORDER BY list, clicks DESC, os, time',
        'LIMIT 1000 BY list, if(list = 2, time, 0)',
        'ORDER BY list, time, clicks DESC, os, time',
        FEWER_STREAMS,
      ],
    ],
    [
      'two periods: the time lists of both are never cut',
      { groupBy: ['time', 'os'], previous: { start: 0, end: QUERY.range.start - 1 } },
      [
        'ORDER BY list, clicks DESC, time, os',
        'LIMIT 1000 BY list, if(list = 1 OR list > 100, time, 0)',
        'ORDER BY list, time, clicks DESC, time, os',
        FEWER_STREAMS,
      ],
    ],
  ] as const satisfies readonly (readonly [string, Partial<StatsQuery>, readonly string[]])[])(
    '%s',
    (_, change, clauses) => {
      expect(orderOf(change)).toEqual(clauses);
    },
  );
});

test('lists: one a dimension, then the breakdown where there is more than one', () => {
  const names = (change: Partial<StatsQuery>) =>
    listsOf({ ...QUERY, ...change }).map((list) => list.dimensions);
  expect(names({ breakdown: true })).toEqual([['browser']]);
  expect(names({ groupBy: ['os', 'time'] })).toEqual([['os'], ['time']]);
  expect(names({ groupBy: ['os', 'time'], breakdown: true })).toEqual([['os'], ['time'], ['os', 'time']]);
});

test('columns, in their order', () => {
  expect(columnsOf(planStats({ ...QUERY, groupBy: ['os', 'time'] }, OWNER))).toEqual([
    'list',
    'os',
    'time',
    'clicks',
    'unique_clicks',
    'bot_clicks',
    'first_click',
    'last_click',
    'avg_redirection_time',
    'groups',
  ]);
});

test('a list that is ordered by a metric counts it, shown or not', () => {
  const sort = { by: 'human_clicks', isDescending: false } as const;
  const [lists = '', summary = ''] = readable({ groupBy: ['os', 'city'], metrics: ['clicks'], sort }).split(
    'UNION ALL',
  );
  expect(lists).toContain('countIf(NOT is_bot) AS human_clicks');
  expect(lists).toContain('NULL AS unique_clicks');
  expect(summary).toContain('countIf(NOT is_bot) AS human_clicks');
});

test('places are those of the rank', () => {
  expect(readable({ offset: 1 })).toContain(
    'row_number() OVER (PARTITION BY list ORDER BY clicks DESC, browser ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS place',
  );
});
