import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newFolder, waitUntil } from '../../support/process.ts';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const RANGE = 'owner_id=admin&start_date=2026-01-05&end_date=2026-01-06&interval=day&group_by=time,browser';
const CLICKS = [
  ['2026-01-05T12:00:00Z', 'Chrome', '192.0.2.1'],
  ['2026-01-05T12:00:01Z', 'Chrome', '192.0.2.1'],
  ['2026-01-06T12:00:00Z', '"Mine", ü', '192.0.2.2'],
].map(([clicked_at, browser, ip]) => ({ short_code: 'launch', clicked_at, browser, ip }));

const FIRST = ['2026-01-05', '2026-01-05T00:00:00.000+00:00'];
const SECOND = ['2026-01-06', '2026-01-06T00:00:00.000+00:00'];
const NO_TIME = ['', ''];
const HEADER = [
  'list',
  'time',
  'bucket_start',
  'browser',
  ...percentages('clicks'),
  ...percentages('unique_clicks'),
];
const ROWS = [
  ['time', ...FIRST, '', '2', '66.67', '1', '50'],
  ['time', ...SECOND, '', '1', '33.33', '1', '50'],
  ['browser', ...NO_TIME, 'Chrome', '2', '66.67', '1', '50'],
  ['browser', ...NO_TIME, '"Mine", ü', '1', '33.33', '1', '50'],
  ['time,browser', ...FIRST, 'Chrome', '2', '66.67', '1', '50'],
  ['time,browser', ...SECOND, '"Mine", ü', '1', '33.33', '1', '50'],
];

function percentages(metric: string): readonly string[] {
  return [metric, `${metric}_percentage`];
}

const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t'));

/** Tests of the recipe "An export format". */
export function exportFormat(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    await copy.json('POST', '/api/v1/clicks', CLICKS);
  }, 120_000);
  afterAll(() => copy.stop());

  test('ClickHouse writes the file', async () => {
    const response = await copy.send('GET', `/api/v1/export?${RANGE}&format=tsv`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/tab-separated-values',
    ]);
    expect(response.headers.get('content-disposition')).toContain('spoor_all_2026-01-05_2026-01-06.tsv');
    expect(rowsOf(await response.text())).toEqual([HEADER, ...ROWS]);
  });

  test('the period before is in its own time list', async () => {
    const day = RANGE.replace('start_date=2026-01-05', 'start_date=2026-01-06').replace(',browser', '');
    const response = await copy.send('GET', `/api/v1/export?${day}&format=tsv&compare=previous`);
    const lines = rowsOf(await response.text());
    const compared = ['clicks', 'unique_clicks'].flatMap((name) => [`${name}_previous`, `${name}_change`]);
    expect(lines).toEqual([
      [...HEADER.filter((name) => name !== 'browser'), ...compared],
      ['time', ...SECOND, '1', '100', '1', '100', '2', '-50', '1', '0'],
      ['previous_time', ...FIRST, '2', '100', '1', '100', '', '', '', ''],
    ]);
  });

  test('an export job says how many rows its file has', async () => {
    const order = { format: 'tsv', ...Object.fromEntries(new URLSearchParams(RANGE)) };
    const { id } = await copy.json('POST', '/api/v1/exports', order);
    const job = await waitUntil('an export', async () => {
      const now = await copy.json('GET', `/api/v1/exports/${id}`);
      return ['queued', 'running'].includes(now.status) ? undefined : now;
    });
    expect([job.status, job.rows]).toEqual(['done', ROWS.length]);
  });

  test('a limit and a single metric are kept to', async () => {
    const response = await copy.send('GET', `/api/v1/export?${RANGE}&format=tsv&limit=1&metrics=clicks`);
    const own = [0, 1, 2, 4].map((place) => (ROWS[place] ?? []).slice(0, 6));
    expect(rowsOf(await response.text())).toEqual([HEADER.slice(0, 6), ...own]);
  });

  test('what a limit cuts off is a row of each list, in lists with time one of each bucket', async () => {
    const query = `${RANGE}&format=tsv&limit=1&metrics=clicks&other=true`;
    const rows = rowsOf(await (await copy.send('GET', `/api/v1/export?${query}`)).text());
    const others = ['', 'true', '1', '33.33'];
    const own = [0, 1, 2, 4].map((place) => {
      const row = ROWS[place] ?? [];
      return [...row.slice(0, 4), 'false', ...row.slice(4, 6)];
    });
    expect(rows).toEqual([
      [...HEADER.slice(0, 4), 'other', ...HEADER.slice(4, 6)],
      ...own.slice(0, 3),
      ['browser', ...NO_TIME, ...others],
      ...own.slice(3),
      ['time,browser', ...SECOND, ...others],
    ]);
  });

  test('the command line writes it', async () => {
    const file = join(newFolder(), 'clicks.tsv');
    const args = [
      '--owner',
      'admin',
      '--start-date',
      '2026-01-05',
      '--end-date',
      '2026-01-06',
      '--interval',
      'day',
    ];
    const { code, stderr } = await copy.command([
      'export',
      '--format',
      'tsv',
      ...args,
      '--group-by',
      'time,browser',
      '--output',
      file,
    ]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(rowsOf(readFileSync(file, 'utf8'))).toEqual([HEADER, ...ROWS]);
  });

  test('the API document names it', async () => {
    const { paths } = await copy.json('GET', '/openapi.json');
    const { description, parameters, responses } = paths['/api/v1/export'].get;
    expect(description).toContain('- `tsv`: the same table as values separated by tabs');
    const format = parameters.find(({ name }: { readonly name: string }) => name === 'format');
    expect(format.schema.enum).toContain('tsv');
    expect(responses['200'].content['text/tab-separated-values']).toEqual({ schema: { type: 'string' } });
  });
}
