import { expect, test } from '@jest/globals';
import { fittingText } from '../../src/mcp/fitting-text.ts';

const rows = (count: number) =>
  Array.from({ length: count }, (_, place) => ({ place, city: `Town ${place}` }));

test('what fits is left as it is', () => {
  const result = { summary: { total_clicks: 3 }, metrics: { clicks_by_city: rows(3) } };
  expect(fittingText(result)).toBe(JSON.stringify(result));
});

test.each([30, 100, 5_000])('of %i rows in each list, so many are kept as fit', (count) => {
  const result = {
    group_by: ['time', 'city'],
    summary: { total_clicks: 3 },
    metrics: { clicks_by_city: rows(count), clicks_by_os: rows(3) },
    previous: { metrics: { clicks_by_time: rows(count) } },
    note: 'x'.repeat(500),
  };
  const most = JSON.stringify(result).length / 2;
  const text = fittingText(result, most);
  const { cut, metrics, previous, ...others } = JSON.parse(text);
  expect(others).toEqual({ group_by: result.group_by, summary: result.summary, note: result.note });
  const kept = metrics.clicks_by_city.length;
  expect(text.length).toBeLessThanOrEqual(most);
  expect(cut).toContain(`first ${kept} rows`);
  expect([metrics, previous.metrics]).toEqual([
    { clicks_by_city: rows(kept), clicks_by_os: rows(Math.min(kept, 3)) },
    { clicks_by_time: rows(kept) },
  ]);
  // A good part of what there is room for.
  expect(text.length).toBeGreaterThan(most / 4);
});

test('rows that are longer than all of it are left out', () => {
  const text = fittingText({ metrics: { clicks_by_referrer: [{ referrer: 'x'.repeat(2_000) }] } }, 1_000);
  expect(JSON.parse(text)).toMatchObject({ metrics: { clicks_by_referrer: [] } });
});
