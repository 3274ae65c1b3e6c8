import { expect, test } from '@jest/globals';
import { csvOf, tablesOf } from '../../src/cli/stats-tables.ts';

test('columns of a compared period stand behind those of their metric, in one list and in several', () => {
  const of = (dimension: object, metric: string, value: number) => ({
    ...dimension,
    [metric]: value,
    [`${metric}_percentage`]: 50,
    previous: value + 1,
    change: null,
  });
  const country = { country: 'DE' };
  const metrics = {
    clicks_by_country: [of(country, 'clicks', 4)],
    unique_clicks_by_country: [of(country, 'unique_clicks', 2)],
  };
  expect(csvOf(tablesOf(metrics))).toBe(
    'country,clicks,clicks_percentage,clicks_previous,clicks_change,' +
      'unique_clicks,unique_clicks_percentage,unique_clicks_previous,unique_clicks_change\n' +
      'DE,4,50,5,,2,50,3,\n',
  );
  const several = csvOf(
    tablesOf({
      clicks_by_country: [of(country, 'clicks', 4)],
      clicks_by_os: [of({ os: 'iOS' }, 'clicks', 4)],
    }),
  );
  expect(several.split('\n')[0]).toBe(
    'list,country,os,clicks,clicks_percentage,clicks_previous,clicks_change',
  );
});

test('the row of what a limit cuts off says so in a column of its own, behind the dimensions', () => {
  const metrics = {
    clicks_by_os: [
      { os: 'iOS', clicks: 4 },
      { os: null, other: true, clicks: 5 },
    ],
  } as const;
  expect(csvOf(tablesOf(metrics))).toBe('os,other,clicks\niOS,,4\n,true,5\n');
});
