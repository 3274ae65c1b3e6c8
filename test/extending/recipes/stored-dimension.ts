import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const IN_APP =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36';
const RANGE = 'owner_id=admin&start_date=2026-01-05&end_date=2026-01-05';
const CLICKED = { short_code: 'launch', clicked_at: '2026-01-05T12:00:00Z' };

/** Two that say it, two that are told by their user agent, one that tells nothing; one comes by CSV. */
const CLICKS = [
  { ...CLICKED, view: 'Kiosk', user_agent: IN_APP },
  { ...CLICKED, user_agent: IN_APP },
  { ...CLICKED, user_agent: 'Firefox' },
  CLICKED,
];
const CSV = 'short_code,clicked_at,view\nlaunch,2026-01-05T12:00:01Z,Kiosk\n';
const EXPECTED = [
  { view: 'Kiosk', clicks: 2, clicks_percentage: 40 },
  { view: 'App', clicks: 1, clicks_percentage: 20 },
  { view: 'Browser', clicks: 1, clicks_percentage: 20 },
  { view: 'Unknown', clicks: 1, clicks_percentage: 20 },
];

/** Tests of the recipe "A stored dimension". */
export function storedDimension(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    expect(await copy.json('POST', '/api/v1/clicks', CLICKS)).toEqual({ accepted: 4, rejected: [] });
    const imported = await copy.command(['import', '-', '--format', 'csv', '--json'], CSV);
    expect([imported.code, JSON.parse(imported.stdout)]).toMatchObject([0, { accepted: 1 }]);
  }, 120_000);
  afterAll(() => copy.stop());

  test('it is stored as it was sent or worked out, and groups and filters', async () => {
    const { metrics } = await copy.json('GET', `/api/v1/stats?${RANGE}&group_by=view`);
    expect(metrics.clicks_by_view).toEqual(EXPECTED);
    const { summary } = await copy.json('GET', `/api/v1/stats?${RANGE}&view=Kiosk`);
    expect(summary.total_clicks).toBe(2);
  });

  test('an export and the command line have it', async () => {
    const exported = await copy.json('GET', `/api/v1/export?${RANGE}&format=json&group_by=view`);
    expect(exported.metrics.clicks_by_view).toEqual(EXPECTED);
    const args = ['stats', '--owner', 'admin', '--start-date', '2026-01-05', '--end-date', '2026-01-05'];
    const { stdout } = await copy.command([...args, '--group-by', 'view', '--view', 'Kiosk']);
    expect(stdout).toMatch(/\nKiosk +2 /);
  });

  test('what is wrong with it is said as of any other field', async () => {
    const { short_code, view } = { ...CLICKED, view: 7 };
    const warnings = [{ index: 0, field: 'view', warning: 'must be a string: left out' }];
    expect(await copy.json('POST', '/api/v1/clicks', { short_code, view })).toEqual({
      accepted: 1,
      rejected: [],
      warnings,
    });
  });

  test('the API document describes it, as a field and as a parameter', async () => {
    const { paths, components } = await copy.json('GET', '/openapi.json');
    expect(components.schemas.Click.properties.view).toMatchObject({ maxLength: 128, examples: ['Kiosk'] });
    const { parameters } = paths['/api/v1/stats'].get;
    expect(parameters.map(({ name }: { readonly name: string }) => name)).toContain('view');
  });
}
