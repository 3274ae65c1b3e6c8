import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, recipeSteps } from '../support/recipe.ts';

const MONDAY = '2026-01-05T12:00:00Z';
const SUNDAY = '2026-01-11T12:00:00Z';
const RANGE = 'scope=all&owner_id=admin&start_date=2026-01-05&end_date=2026-01-11';

let copy: RecipeCopy;
beforeAll(async () => {
  copy = new RecipeCopy();
  copy.apply(recipeSteps('A dimension that is an expression'));
  await copy.build();
  await copy.start();
  const clicks = [MONDAY, MONDAY, SUNDAY].map((clicked_at, index) => ({
    short_code: 'launch',
    clicked_at,
    ip: `192.0.2.${index}`,
    browser: 'Chrome',
  }));
  await copy.json('POST', '/api/v1/clicks', clicks);
}, 120_000);
afterAll(async () => {
  await copy.dropDatabase();
  await endProcesses();
});

const BY_WEEKDAY = [
  { weekday: '1', clicks: 2, clicks_percentage: 66.67 },
  { weekday: '7', clicks: 1, clicks_percentage: 33.33 },
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
      `/api/v1/stats?${RANGE}&group_by=weekday${others}`,
    );
    expect([others, metrics.clicks_by_weekday]).toEqual([others, BY_WEEKDAY]);
    expect(metrics.unique_clicks_by_weekday).toMatchObject([{ unique_clicks: 2 }, { unique_clicks: 1 }]);
    expect(group_counts.weekday).toBe(2);
  }
});

test('its breakdown holds its values', async () => {
  const { metrics } = await copy.json(
    'GET',
    `/api/v1/stats?${RANGE}&group_by=weekday,browser&metrics=clicks`,
  );
  expect(metrics.clicks_by_weekday_browser).toEqual(BY_WEEKDAY.map((row) => ({ ...row, browser: 'Chrome' })));
});

test.each(['weekday=7', `filters=${encodeURIComponent('{"weekday":["7"]}')}`])(
  '%s filters',
  async (filter) => {
    const { summary } = await copy.json('GET', `/api/v1/stats?${RANGE}&${filter}`);
    expect(summary.total_clicks).toBe(1);
  },
);

test('an export has it', async () => {
  const exported = await copy.json('GET', `/api/v1/export?${RANGE}&format=json&group_by=weekday,browser`);
  expect(exported.metrics.clicks_by_weekday).toEqual(BY_WEEKDAY);
});

test('the command line has its option and its table', async () => {
  const args = ['stats', '--owner', 'admin', '--start-date', '2026-01-05', '--end-date', '2026-01-11'];
  const { code, stdout } = await copy.command([...args, '--group-by', 'weekday', '--weekday', '1']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/weekday +clicks .*\n1 +2 /)]);
});

test('the API document describes it', async () => {
  const document = await copy.json('GET', '/openapi.json');
  const { parameters } = document.paths['/api/v1/stats'].get;
  expect(parameters.map(({ name }: { readonly name: string }) => name)).toContain('weekday');
  expect(document.components.schemas.StatsAnswer.properties.metrics.properties).toHaveProperty(
    'clicks_by_weekday',
  );
});
