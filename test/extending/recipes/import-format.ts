import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

/** Tests of the recipe "An import format". */
export function importFormat(start: StartCopy): void {
  let copy: RunningCopy;
  let sample: string;
  beforeAll(async () => {
    copy = await start();
    sample = join(copy.folder, 'test/data/import/bars/clicks.psv');
  }, 120_000);
  afterAll(() => copy.stop());

  test('a file is recognised and imported', async () => {
    const { code, stdout } = await copy.command(['import', sample, '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { read: 2, accepted: 1, rejected: { 'more cells than the header line': { count: 1, lines: [3] } } },
    ]);
    const { summary } = await copy.json(
      'GET',
      '/api/v1/stats?owner_id=admin&start_date=2026-01-05&end_date=2026-01-05',
    );
    expect(summary).toMatchObject({ total_clicks: 1, avg_redirection_time: 12.5 });
  });

  test('the help and the errors name it', async () => {
    const { stdout } = await copy.command(['import', '--help']);
    expect(stdout).toMatch(/--format .*bars/s);
    expect(stdout).toMatch(/^ {2}bars +values separated by bars/m);
    const { stderr } = await copy.command(['import', 'LICENSE']);
    expect(stderr).toContain(' bars,');
  });
}
