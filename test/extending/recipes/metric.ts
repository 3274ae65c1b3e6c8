import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const RANGE =
  '?owner_id=admin&start_date=2026-01-05&end_date=2026-01-06&metrics=direct_clicks,slowest_redirect';

/** Three direct clicks and one by way of a page; the last browser's tell no redirect time. */
const CLICKS = [
  { browser: 'Chrome', referrer: 'https://example.com', redirect_ms: 12.345 },
  { browser: 'Chrome', redirect_ms: 7 },
  { browser: 'Firefox' },
  { browser: 'Firefox' },
];

const DIRECT = [
  { browser: 'Firefox', direct_clicks: 2, direct_clicks_percentage: 66.67 },
  { browser: 'Chrome', direct_clicks: 1, direct_clicks_percentage: 33.33 },
];
const SLOWEST = [
  { browser: 'Firefox', slowest_redirect: 0 },
  { browser: 'Chrome', slowest_redirect: 12.35 },
];

/** Tests of the recipe "A metric". */
export function metric(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    await copy.json(
      'POST',
      '/api/v1/clicks',
      CLICKS.map((click) => ({ short_code: 'launch', clicked_at: '2026-01-05T12:00:00Z', ...click })),
    );
  }, 120_000);
  afterAll(() => copy.stop());

  test('lists hold it, by its own rank, with percentages of its own total', async () => {
    for (const others of ['', ',os', ',os&compare=previous', ',os&breakdown=true']) {
      const { metrics, summary } = await copy.json('GET', `/api/v1/stats${RANGE}&group_by=browser${others}`);
      expect([others, metrics.direct_clicks_by_browser]).toMatchObject([others, DIRECT]);
      expect(metrics.slowest_redirect_by_browser).toMatchObject(SLOWEST);
      expect(summary).toMatchObject({ total_clicks: 4, direct_clicks: 3, slowest_redirect: 12.35 });
    }
  });

  test('time lists have it in every bucket', async () => {
    const { metrics } = await copy.json('GET', `/api/v1/stats${RANGE}&group_by=time&interval=day`);
    expect(metrics.slowest_redirect_by_time).toMatchObject([
      { slowest_redirect: 12.35 },
      { slowest_redirect: 0 },
    ]);
    expect(metrics.direct_clicks_by_time).toMatchObject([
      { direct_clicks: 3, direct_clicks_percentage: 100 },
      { direct_clicks: 0, direct_clicks_percentage: 0 },
    ]);
  });

  test('without being asked for, it has no list, and a total where its entry says so', async () => {
    const { metrics, summary } = await copy.json(
      'GET',
      '/api/v1/stats?owner_id=admin&start_date=2026-01-05&end_date=2026-01-06&group_by=os',
    );
    expect(Object.keys(metrics)).toEqual(['clicks_by_os', 'unique_clicks_by_os']);
    expect(summary.direct_clicks).toBe(3);
    expect(summary).not.toHaveProperty('slowest_redirect');
  });

  test('exports have it: as JSON, and its columns in a csv file', async () => {
    const question = `/api/v1/export${RANGE}&group_by=browser,time&interval=day`;
    const { metrics, summary } = await copy.json('GET', `${question}&format=json`);
    expect(metrics.direct_clicks_by_browser).toEqual(DIRECT);
    expect(metrics.slowest_redirect_by_browser).toEqual(SLOWEST);
    expect(metrics.slowest_redirect_by_time).toMatchObject([
      { slowest_redirect: 12.35 },
      { slowest_redirect: 0 },
    ]);
    expect(summary).toMatchObject({ direct_clicks: 3, slowest_redirect: 12.35 });
    const archive = await (await copy.send('GET', `${question}&format=csv`)).arrayBuffer();
    const files = unzipSync(new Uint8Array(archive));
    const textOf = (name: string): string => Buffer.from(files[name] ?? []).toString();
    expect(textOf('direct_clicks_by_browser.csv')).toBe(
      'browser,direct_clicks,direct_clicks_percentage\r\nFirefox,2,66.67\r\nChrome,1,33.33\r\n',
    );
    expect(textOf('slowest_redirect_by_browser.csv')).toBe(
      'browser,slowest_redirect\r\nFirefox,0\r\nChrome,12.35\r\n',
    );
  });

  test('the command line has it, in help and in one table with the others', async () => {
    const help = await copy.command(['stats', '--help']);
    expect(help.stdout.replaceAll(/\s+/g, ' ')).toContain('direct_clicks,slowest_redirect');
    const { stdout } = await copy.command([
      'stats',
      '--owner',
      'admin',
      '--start-date',
      '2026-01-05',
      '--end-date',
      '2026-01-06',
      '--group-by',
      'browser',
      '--metrics',
      'clicks,direct_clicks',
      '--format',
      'csv',
    ]);
    expect(stdout.split('\n')[0]).toBe(
      'browser,clicks,clicks_percentage,direct_clicks,direct_clicks_percentage',
    );
  });

  test('the API document describes it', async () => {
    const { components } = await copy.json('GET', '/openapi.json');
    const { metrics, summary } = components.schemas.StatsAnswer.properties;
    expect(summary.properties.direct_clicks.description).toBe('Clicks without a referrer.');
    const { properties } = metrics.properties.slowest_redirect_by_browser.items;
    expect(Object.keys(properties)).toEqual(['browser', 'slowest_redirect', 'other', 'previous', 'change']);
  });
}
