import { describe, expect, test } from '@jest/globals';
import { groupQueries, mergedQuery } from '../../src/stats/merge.ts';
import { shapeMerged } from '../../src/stats/merged-results.ts';
import type { StatsQuery } from '../../src/stats/query.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { runStats } from '../../src/stats/run-stats.ts';
import { columnsOf } from '../../src/stats/sql/compile.ts';
import { is } from '../support/filters.ts';
import { OWNER, QUERY, linesBetween, readable } from '../support/stats-sql.ts';

const BASE: StatsQuery = { ...QUERY, metrics: ['clicks', 'unique_clicks'], breakdown: false, limit: 10 };
const PREVIOUS = { start: QUERY.range.start - 86_400_000, end: QUERY.range.start - 1 };

const by = (...groupBy: StatsQuery['groupBy'][number][]): StatsQuery => ({ ...BASE, groupBy });
const crossed = (...groupBy: StatsQuery['groupBy'][number][]) => ({ ...by(...groupBy), breakdown: true });

/** In a zone that ClickHouse knows otherwise, buckets are told by where they begin. */
const IN_JANUARY = {
  range: { start: Date.UTC(2025, 0, 5), end: Date.UTC(2025, 0, 20) },
  timezone: 'America/New_York',
  sameClock: false,
};

describe('queries become one', () => {
  test.each<[string, readonly StatsQuery[], readonly (readonly number[])[]]>([
    ['by other dimensions', [by('browser'), by('os', 'time'), by('browser')], [[0, 1, 2]]],
    ['with a breakdown', [by('browser'), crossed('browser', 'os')], [[0, 1]]],
    ['breakdowns of one order', [crossed('os', 'browser', 'city'), crossed('os', 'city')], [[0, 1]]],
    ['breakdowns whose orders contradict', [crossed('os', 'city'), crossed('city', 'os')], [[0], [1]]],
    ['another range', [by('os'), { ...by('os'), range: PREVIOUS }, by('city')], [[0, 2], [1]]],
    ['other filters', [by('os'), { ...by('os'), bots: 'only' }], [[0], [1]]],
    [
      'another limit, and the next page',
      [by('os'), { ...by('city'), limit: 1 }, { ...by('os'), offset: 10 }],
      [[0, 1, 2]],
    ],
    ['a page far behind', [by('os'), { ...by('os'), offset: 30 }], [[0, 1]]],
    [
      'other rows of another limit',
      [
        { ...by('os'), other: true },
        { ...by('city'), other: true, limit: 1 },
      ],
      [[0], [1]],
    ],
    [
      'another time zone or interval, by which nothing is counted',
      [
        by('os'),
        { ...by('city', 'time'), timezone: 'Asia/Kolkata', sameClock: true },
        { ...by('city'), interval: 'week' as const },
      ],
      [[0, 1, 2]],
    ],
    [
      'another time zone or interval',
      [
        by('time'),
        { ...by('time'), timezone: 'Asia/Kolkata' },
        { ...by('time', 'os'), interval: 'day' as const },
        by('weekday'),
      ],
      [[0, 1, 2, 3]],
    ],
    [
      'another interval that cuts the range into the same buckets',
      [
        { ...by('time'), ...IN_JANUARY, interval: 'month' as const },
        { ...by('time'), ...IN_JANUARY, interval: 'quarter' as const },
        { ...by('time'), ...IN_JANUARY, interval: 'day' as const },
      ],
      [[0, 2], [1]],
    ],
    [
      'another interval, beside what depends on the time zone alone',
      [
        { ...by('time'), interval: 'day' as const },
        { ...crossed('time', 'weekday'), interval: 'month' as const },
      ],
      [[0, 1]],
    ],
    [
      'another time zone or interval, of which each bucket is compared with one before',
      [
        { ...by('time'), previous: PREVIOUS },
        { ...by('time'), previous: PREVIOUS, interval: 'day' as const },
        { ...by('os'), previous: PREVIOUS, interval: 'day' as const },
      ],
      [[0, 2], [1]],
    ],
    [
      'another time zone, in which all clicks are filtered',
      [
        { ...by('os'), filters: [is('hour_of_day', '7')] },
        { ...by('os'), filters: [is('hour_of_day', '7')], timezone: 'Asia/Kolkata' },
      ],
      [[0], [1]],
    ],
    [
      'another order',
      [
        { ...by('os'), sort: { by: 'os', isDescending: false } },
        by('time'),
        by('city'),
        { ...by('time'), metrics: ['unique_clicks'] },
      ],
      [[0, 1, 2, 3]],
    ],
    [
      'another order, in which a last row unites what is cut off',
      [
        { ...by('os'), other: true, sort: { by: 'os', isDescending: false } },
        { ...by('time'), other: true },
        { ...by('city'), other: true },
      ],
      [[0, 1], [2]],
    ],
    [
      'another interval of clicks that are filtered by local time',
      [
        { ...by('time'), filters: [is('hour_of_day', '7')] },
        { ...by('time'), filters: [is('hour_of_day', '7')], interval: 'day' as const },
      ],
      [[0, 1]],
    ],
    [
      'a comparison',
      [{ ...by('os'), previous: PREVIOUS }, { ...by('city', 'time'), previous: PREVIOUS }, by('os')],
      [[0, 1], [2]],
    ],
    ['ordered otherwise', [by('os'), { ...by('city'), metrics: ['unique_clicks'] }], [[0, 1]]],
    ['a cheap metric alone', [by('os'), { ...by('city'), metrics: ['clicks'] }], [[0, 1]]],
    [
      'many lists of a cheap metric, which a costly one would be added to',
      [by('os'), { ...by('city', 'country', 'referrer', 'browser'), metrics: ['clicks'] }],
      [[0], [1]],
    ],
  ])('%s', (_, queries, groups) => {
    expect(groupQueries(queries)).toEqual(groups);
  });

  test('more lists than have places stay several', () => {
    const queries = Array.from({ length: 120 }, (_, place) => ({
      ...by('os'),
      lists: [{ dimensions: [`property.p${place}` as const] }],
    }));
    expect(groupQueries(queries).length).toBeGreaterThan(1);
  });

  test('each list once, and every dimension in the order that breakdowns have it', () => {
    const { groupBy, lists } = mergedQuery([crossed('os', 'time'), by('time', 'browser')]);
    expect(lists?.map(({ dimensions }) => dimensions)).toEqual([
      ['os'],
      ['time'],
      ['os', 'time'],
      ['browser'],
    ]);
    expect(groupBy.indexOf('os')).toBeLessThan(groupBy.indexOf('time'));
    expect(groupBy.toSorted()).toEqual(['browser', 'os', 'time']);
  });

  test('what is of several groups does not', () => {
    expect(() => mergedQuery([by('os'), { ...by('os'), bots: 'only' }])).toThrow('cannot be counted as one');
  });
});

test('another interval is a column of its own until the clicks are grouped, another order a place', () => {
  const merged = mergedQuery([
    by('time', 'os'),
    { ...by('time'), interval: 'day' },
    { ...by('os'), sort: { by: 'os', isDescending: true }, limit: 3, offset: 3 },
  ]);
  const text = readable(merged);
  const day = `time__${Buffer.from('UTC day').toString('hex')}`;
  expect(text).toContain(`GROUP BY GROUPING SETS ((time), (os), (${day}))`);
  expect(text).toContain(`time + ${day} AS time,`);
  const place = (order: string) =>
    `row_number() OVER (PARTITION BY list ORDER BY ${order} ROWS BETWEEN CURRENT ROW AND CURRENT ROW)`;
  expect(text).toContain(`${place('clicks DESC, time, os')} AS place_0,`);
  expect(text).toContain(`${place('os DESC, clicks DESC, time, os')} AS place_1`);
  expect(linesBetween(text, 'QUALIFY', 'SETTINGS')).toBe(
    'QUALIFY place_0 = 1 OR has([1,3], list) OR has([2], list) AND place_0 BETWEEN 1 AND 10 OR has([2], list) AND place_1 BETWEEN 4 AND 6',
  );
});

test('each gets the rows of its own lists, and the summary of all', async () => {
  const queries = [by('os'), { ...by('browser', 'os'), metrics: ['clicks'] as const }];
  const query = mergedQuery(queries);
  const columns = columnsOf(planStats(query, OWNER));
  const rowOf = (list: number, name: string, value: string, clicks: number) =>
    columns.map(
      (column) =>
        new Map<string, string | number>([
          ['list', list],
          [name, value],
          ['clicks', clicks],
        ]).get(column) ?? 1,
    );
  const rows = [
    rowOf(0, '', '', 9),
    rowOf(1, 'os', 'Linux', 6),
    rowOf(1, 'os', 'iOS', 3),
    rowOf(2, 'browser', 'Edge', 9),
  ];
  const run = await runStats({ query, at: 5 }, OWNER, { read: async () => rows });
  const results = [...shapeMerged(run, queries)];
  expect(results.map(({ summary }) => summary.total_clicks)).toEqual([9, 9]);
  expect(results.map(({ group_by }) => group_by)).toEqual([['os'], ['browser', 'os']]);
  const lists = results.map(({ metrics }) =>
    Object.entries(metrics).map(([name, list]) => [
      name,
      [...list].map(({ os, browser, clicks }) => [os ?? browser, clicks]),
    ]),
  );
  const os = [
    ['Linux', 6],
    ['iOS', 3],
  ];
  expect(lists).toEqual([
    [
      ['clicks_by_os', os],
      [
        'unique_clicks_by_os',
        [
          ['Linux', undefined],
          ['iOS', undefined],
        ],
      ],
    ],
    [
      ['clicks_by_browser', [['Edge', 9]]],
      ['clicks_by_os', os],
    ],
  ]);
});
