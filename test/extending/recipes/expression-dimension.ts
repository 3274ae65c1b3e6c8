import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const FIFTH = '2026-01-05T12:00:00Z';
const ELEVENTH = '2026-01-11T12:00:00Z';
const RANGE = 'scope=all&owner_id=admin&start_date=2026-01-05&end_date=2026-01-11';

/** Tests of the recipe "A dimension that is an expression". */
export function expressionDimension(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    const clicks = [FIFTH, FIFTH, ELEVENTH].map((clicked_at, index) => ({
      short_code: 'launch',
      clicked_at,
      ip: `192.0.2.${index}`,
      browser: 'Chrome',
    }));
    await copy.json('POST', '/api/v1/clicks', clicks);
  }, 120_000);
  afterAll(() => copy.stop());

  const BY_DAY = [
    { day_of_month: '5', clicks: 2, clicks_percentage: 66.67 },
    { day_of_month: '11', clicks: 1, clicks_percentage: 33.33 },
  ];

  test('it groups, alone and beside others, also where time is a dimension and periods are compared', async () => {
    for (const others of [
      '',
      ',time',
      ',browser,country',
      ',time,browser&breakdown=true',
      ',time&compare=previous',
    ]) {
      const { metrics, group_counts } = await copy.json(
        'GET',
        `/api/v1/stats?${RANGE}&group_by=day_of_month${others}`,
      );
      expect([others, metrics.clicks_by_day_of_month]).toMatchObject([others, BY_DAY]);
      expect(metrics.unique_clicks_by_day_of_month).toMatchObject([
        { unique_clicks: 2 },
        { unique_clicks: 1 },
      ]);
      expect(group_counts.day_of_month).toBe(2);
    }
  });

  test('it is sorted as numbers', async () => {
    const { metrics } = await copy.json(
      'GET',
      `/api/v1/stats?${RANGE}&group_by=day_of_month&sort=-day_of_month`,
    );
    expect(metrics.clicks_by_day_of_month).toEqual(BY_DAY.toReversed());
  });

  test('its breakdown holds its values', async () => {
    const { metrics } = await copy.json(
      'GET',
      `/api/v1/stats?${RANGE}&group_by=day_of_month,browser&metrics=clicks`,
    );
    expect(metrics.clicks_by_day_of_month_browser).toEqual(
      BY_DAY.map((row) => ({ ...row, browser: 'Chrome' })),
    );
  });

  test.each(['day_of_month=11', `filters=${encodeURIComponent('{"day_of_month":["11"]}')}`])(
    '%s filters',
    async (filter) => {
      const { summary } = await copy.json('GET', `/api/v1/stats?${RANGE}&${filter}`);
      expect(summary.total_clicks).toBe(1);
    },
  );

  test('an export has it', async () => {
    const exported = await copy.json(
      'GET',
      `/api/v1/export?${RANGE}&format=json&group_by=day_of_month,browser`,
    );
    expect(exported.metrics.clicks_by_day_of_month).toEqual(BY_DAY);
  });

  test('the command line has its option and its table', async () => {
    const args = ['stats', '--owner', 'admin', '--start-date', '2026-01-05', '--end-date', '2026-01-11'];
    const { code, stdout } = await copy.command([
      ...args,
      '--group-by',
      'day_of_month',
      '--day-of-month',
      '5',
    ]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/day_of_month +clicks .*\n5 +2 /)]);
  });

  test('the API document describes it', async () => {
    const document = await copy.json('GET', '/openapi.json');
    const { parameters } = document.paths['/api/v1/stats'].get;
    expect(parameters.map(({ name }: { readonly name: string }) => name)).toContain('day_of_month');
    expect(document.components.schemas.StatsAnswer.properties.metrics.properties).toHaveProperty(
      'clicks_by_day_of_month',
    );
  });
}
