import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endProcesses } from '../support/process.ts';
import { RecipeCopy, recipeSteps } from '../support/recipe.ts';

const QUESTION =
  '?owner_id=admin&start_date=2025-05-10&end_date=2026-01-10&timezone=Europe/Berlin&interval=quarter&metrics=clicks';

const bucket = (time: string, start: string, clicks: number, share: number) => ({
  time,
  bucket_start: start,
  clicks,
  clicks_percentage: share,
});

/** The first click is of the last second of June in Berlin, the second of the first of July. */
const CLICKS = ['2025-06-30T21:59:59Z', '2025-06-30T22:00:00Z', '2025-09-01T00:00Z', '2026-01-02T00:00Z'];
const QUARTERS = [
  bucket('2025-Q2', '2025-04-01T00:00:00.000+02:00', 1, 25),
  bucket('2025-Q3', '2025-07-01T00:00:00.000+02:00', 2, 50),
  bucket('2025-Q4', '2025-10-01T00:00:00.000+02:00', 0, 0),
  bucket('2026-Q1', '2026-01-01T00:00:00.000+01:00', 1, 25),
];

let copy: RecipeCopy;
beforeAll(async () => {
  copy = new RecipeCopy();
  copy.apply(recipeSteps('An interval'));
  await copy.build();
  await copy.start();
  await copy.json(
    'POST',
    '/api/v1/clicks',
    CLICKS.map((clicked_at) => ({ short_code: 'launch', clicked_at })),
  );
}, 120_000);
afterAll(async () => {
  await copy.dropDatabase();
  await endProcesses();
});

test('time is cut by it', async () => {
  const { metrics, time_bucket_info } = await copy.json('GET', `/api/v1/stats${QUESTION}`);
  expect(metrics.clicks_by_time).toEqual(QUARTERS);
  expect(time_bucket_info).toMatchObject({ strategy: 'quarterly', interval_minutes: 129_600 });
});

test('an export has it, its breakdowns labelled by ClickHouse', async () => {
  const question = `${QUESTION}&format=json&group_by=time,short_code`;
  const { metrics } = await copy.json('GET', `/api/v1/export${question}`);
  expect(metrics.clicks_by_time).toEqual(QUARTERS);
  expect(metrics.clicks_by_time_short_code).toEqual(
    QUARTERS.filter(({ clicks }) => clicks > 0).map((row) => ({ ...row, short_code: 'launch' })),
  );
});

test('the command line and the API document have it', async () => {
  const dates = ['--start-date', '2025-05-10', '--end-date', '2026-01-10', '--timezone', 'Europe/Berlin'];
  const { stdout } = await copy.command(['stats', '--owner', 'admin', '--interval', 'quarter', ...dates]);
  expect(stdout).toMatch(/\n2025-Q3 .* 2 /);
  const { paths } = await copy.json('GET', '/openapi.json');
  const { parameters } = paths['/api/v1/stats'].get;
  const interval = parameters.find(({ name }: { readonly name: string }) => name === 'interval');
  expect(interval.schema.enum).toContain('quarter');
});
