import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newFolder } from '../../support/process.ts';
import { mapEntries } from '../../../src/lib/names.ts';
import type { RunningCopy, StartCopy } from '../../support/recipe.ts';

const RANGE = 'owner_id=admin&start_date=2026-01-05&end_date=2026-01-06&interval=day&group_by=time,browser';
const CLICKS = [
  ['2026-01-05T12:00:00Z', 'Chrome', '192.0.2.1'],
  ['2026-01-05T12:00:01Z', 'Chrome', '192.0.2.1'],
  ['2026-01-06T12:00:00Z', '"Mine", ü', '192.0.2.2'],
].map(([clicked_at, browser, ip]) => ({ short_code: 'launch', clicked_at, browser, ip }));

const FIRST = { time: '2026-01-05', bucket_start: '2026-01-05T00:00:00.000+00:00' };
const SECOND = { time: '2026-01-06', bucket_start: '2026-01-06T00:00:00.000+00:00' };
const NO_TIME = { time: '', bucket_start: '' };
const ROWS = [
  { list: 'time', ...FIRST, browser: '', clicks: 2, unique_clicks: 1 },
  { list: 'time', ...SECOND, browser: '', clicks: 1, unique_clicks: 1 },
  { list: 'browser', ...NO_TIME, browser: 'Chrome', clicks: 2, unique_clicks: 1 },
  { list: 'browser', ...NO_TIME, browser: '"Mine", ü', clicks: 1, unique_clicks: 1 },
  { list: 'time,browser', ...FIRST, browser: 'Chrome', clicks: 2, unique_clicks: 1 },
  { list: 'time,browser', ...SECOND, browser: '"Mine", ü', clicks: 1, unique_clicks: 1 },
];

const rowsOf = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Tests of the recipe "An export format". */
export function exportFormat(start: StartCopy): void {
  let copy: RunningCopy;
  beforeAll(async () => {
    copy = await start();
    await copy.json('POST', '/api/v1/clicks', CLICKS);
  }, 120_000);
  afterAll(() => copy.stop());

  test('ClickHouse writes the file', async () => {
    const response = await copy.send('GET', `/api/v1/export?${RANGE}&format=jsonl`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
    expect(response.headers.get('content-disposition')).toContain('spoor_all_2026-01-05_2026-01-06.jsonl');
    expect(rowsOf(await response.text())).toEqual(ROWS);
  });

  test('the period before is in its own time list', async () => {
    const day = RANGE.replace('start_date=2026-01-05', 'start_date=2026-01-06').replace(',browser', '');
    const response = await copy.send('GET', `/api/v1/export?${day}&format=jsonl&compare=previous`);
    const [before, own] = ROWS.slice(0, 2).map((row) => ({ ...row, browser: undefined }));
    const compared = {
      clicks_previous: 2,
      clicks_change: -50,
      unique_clicks_previous: 1,
      unique_clicks_change: 0,
    };
    expect(rowsOf(await response.text())).toEqual([
      { ...own, ...compared },
      { ...before, list: 'previous_time', ...mapEntries(compared, () => null) },
    ]);
  });

  test('a limit and a single metric are kept to', async () => {
    const response = await copy.send('GET', `/api/v1/export?${RANGE}&format=jsonl&limit=1&metrics=clicks`);
    expect(rowsOf(await response.text())).toEqual(
      [0, 1, 2, 4].map((place) => {
        const { unique_clicks: _, ...row } = ROWS[place] ?? { unique_clicks: 0 };
        return row;
      }),
    );
  });

  test('what a limit cuts off is a row of each list, in lists with time one of each bucket', async () => {
    const query = `${RANGE}&format=jsonl&limit=1&metrics=clicks&other=true`;
    const rows = rowsOf(await (await copy.send('GET', `/api/v1/export?${query}`)).text());
    const others = { clicks: 1, browser: '', other: true };
    const own = [0, 1, 2, 4].map((place) => {
      const { unique_clicks: _, ...row } = ROWS[place] ?? { unique_clicks: 0 };
      return { ...row, other: false };
    });
    expect(rows).toEqual([
      ...own.slice(0, 3),
      { list: 'browser', ...NO_TIME, ...others },
      ...own.slice(3),
      { list: 'time,browser', ...SECOND, ...others },
    ]);
  });

  test('the command line writes it', async () => {
    const file = join(newFolder(), 'clicks.jsonl');
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
      'jsonl',
      ...args,
      '--group-by',
      'time,browser',
      '--output',
      file,
    ]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(rowsOf(readFileSync(file, 'utf8'))).toEqual(ROWS);
  });

  test('the API document names it', async () => {
    const { paths } = await copy.json('GET', '/openapi.json');
    const { description, parameters, responses } = paths['/api/v1/export'].get;
    expect(description).toContain('- `jsonl`: a JSON object for each group, one a line');
    const format = parameters.find(({ name }: { readonly name: string }) => name === 'format');
    expect(format.schema.enum).toContain('jsonl');
    expect(responses['200'].content['application/jsonl']).toEqual({ schema: { type: 'string' } });
  });
}
