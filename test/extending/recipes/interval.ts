import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const QUESTION =
  '?owner_id=admin&start_date=2008-05-10&end_date=2026-01-10&timezone=Europe/Berlin&interval=decade&metrics=clicks';

const bucket = (time: string, start: string, clicks: number, share: number) => ({
  time,
  bucket_start: start,
  clicks,
  clicks_percentage: share,
});

/** The first click is of the last second of 2009 in Berlin, the second of the first of 2010. */
const CLICKS = ['2009-12-31T22:59:59Z', '2009-12-31T23:00:00Z', '2019-06-01T00:00Z', '2026-01-02T00:00Z'];
const DECADES = [
  bucket('2000s', '2000-01-01T00:00:00.000+01:00', 1, 25),
  bucket('2010s', '2010-01-01T00:00:00.000+01:00', 2, 50),
  bucket('2020s', '2020-01-01T00:00:00.000+01:00', 1, 25),
];

/** Tests of the recipe "An interval". */
export function interval(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    await copy.json(
      'POST',
      '/api/v1/clicks',
      CLICKS.map((clicked_at) => ({ short_code: 'launch', clicked_at })),
    );
  }, 120_000);
  afterAll(() => copy.stop());

  test('time is cut by it', async () => {
    const { metrics, time_bucket_info } = await copy.json('GET', `/api/v1/stats${QUESTION}`);
    expect(metrics.clicks_by_time).toEqual(DECADES);
    expect(time_bucket_info).toMatchObject({ strategy: 'by_decade', interval_minutes: 5_256_000 });
  });

  test('an export has it, its breakdowns labelled by ClickHouse', async () => {
    const question = `${QUESTION}&format=json&group_by=time,short_code`;
    const { metrics } = await copy.json('GET', `/api/v1/export${question}`);
    expect(metrics.clicks_by_time).toEqual(DECADES);
    expect(metrics.clicks_by_time_short_code).toEqual(
      DECADES.map((row) => ({ ...row, short_code: 'launch' })),
    );
  });

  test('the command line and the API document have it', async () => {
    const dates = ['--start-date', '2008-05-10', '--end-date', '2026-01-10', '--timezone', 'Europe/Berlin'];
    const { stdout } = await copy.command(['stats', '--owner', 'admin', '--interval', 'decade', ...dates]);
    expect(stdout).toMatch(/\n2010s .* 2 /);
    const { paths } = await copy.json('GET', '/openapi.json');
    const { parameters } = paths['/api/v1/stats'].get;
    const interval = parameters.find(({ name }: { readonly name: string }) => name === 'interval');
    expect(interval.schema.enum).toContain('decade');
  });
}
