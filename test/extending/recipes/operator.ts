import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const RANGE = 'owner_id=admin&start_date=2026-01-05&end_date=2026-01-05&metrics=clicks';

/** Tests of the recipe "An operator". */
export function operator(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    const clicks = [
      ['Chrome', 'DE'],
      ['Firefox', 'DE'],
      ['Safari', 'US'],
    ].map(([browser, country]) => ({
      short_code: 'launch',
      clicked_at: '2026-01-05T12:00:00Z',
      referrer: `https://${browser}.example/x`,
      browser,
      country,
    }));
    await copy.json('POST', '/api/v1/clicks', clicks);
  }, 120_000);
  afterAll(() => copy.stop());

  test.each([
    ['one dimension', { browser: { is_near: ['Chrom'] } }, ['Chrome']],
    ['several values', { browser: { is_near: ['Chrom', 'Safaris'] } }, ['Chrome', 'Safari']],
    ['one value alone', { browser: { is_near: 'Firefux' } }, ['Firefox']],
    ['beside others', { browser: { is_near: ['Chrom', 'Safar'] }, country: ['DE'] }, ['Chrome']],
    ['beside another operator', { browser: { is_near: ['Chrom', 'Safar'], is: ['Safari'] } }, ['Safari']],
    ['in a group', ['not', ['is_near', 'browser', ['Chrom']]], ['Firefox', 'Safari']],
    ['a country’s name', { country: { is_near: ['Germny'] } }, ['Chrome', 'Firefox']],
    ['a referrer’s address', { referrer: { is_near: ['chrome.example/y'] } }, ['Chrome']],
  ])('%s, in answers and exports', async (_, filters, browsers) => {
    const question = `${RANGE}&group_by=browser&filters=${encodeURIComponent(JSON.stringify(filters))}`;
    for (const path of ['/api/v1/stats?', '/api/v1/export?format=json&']) {
      const { metrics } = await copy.json('GET', path + question);
      const found = metrics.clicks_by_browser.map((row: { readonly browser: string }) => row.browser);
      expect([path, found]).toEqual([path, browsers]);
    }
  });

  test('the normal form is repeated', async () => {
    const filters = {
      browser: { is_near: 'Chrome' },
      country: { is: ['DE'] },
      os: { is: 'Linux', is_near: 'x' },
    };
    const json = await copy.json(
      'GET',
      `/api/v1/stats?${RANGE}&filters=${encodeURIComponent(JSON.stringify(filters))}`,
    );
    expect(json.filters).toEqual({
      browser: { is_near: ['Chrome'] },
      country: ['DE'],
      os: { is: ['Linux'], is_near: ['x'] },
    });
  });

  test('the command line passes it on, and the API document names it', async () => {
    const { stdout } = await copy.command([
      'stats',
      '--owner',
      'admin',
      '--start-date',
      '2026-01-05',
      '--end-date',
      '2026-01-05',
      '--group-by',
      'browser',
      '--filters',
      '{"browser":{"is_near":["Firefux","Safar"]}}',
      '--format',
      'csv',
    ]);
    expect(stdout).toMatch(/\nFirefox,.*\nSafari,/);
    expect(JSON.stringify(await copy.json('GET', '/openapi.json'))).toContain(
      'one of the values, but for a letter',
    );
  });
}
