import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import type { ExportContent } from '../../src/export/content.ts';
import type { TemplateFormat } from '../../src/export/export-format.ts';
import { planStats } from '../../src/stats/plan-stats.ts';
import { compileExport } from '../../src/stats/sql/compile-export.ts';
import { readExport } from '../../src/stats/result/export-content.ts';
import { parseStatsRequest } from '../../src/stats/parse/parse-request.ts';
import { exportQuery } from '../../src/stats/parse/requested-query.ts';
import { beginExport, bodyOf, leaveExports } from '../support/open-exports.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';
import { WIDE_EXPORT, WIDE_GROUPS, storeWideClicks } from '../support/wide-export.ts';

const WIDE = `format=xml&${WIDE_EXPORT}`;

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor({ SPOOR_MAX_EXPORTS: '1' });
  await storeWideClicks(spoor.database);
});
afterEach(() => leaveExports());
afterAll(() => spoor.stop());

const begin = (query: string, url = spoor.url): Promise<IncomingMessage> => beginExport(url, query);

const small = async (): Promise<number> =>
  (await spoor.send('GET', '/api/v1/export', { query: { format: 'json', owner_id: 'nobody' } })).status;

describe('one export at a time', () => {
  test('the next waits a little and is then told to come back', async () => {
    await begin(WIDE);
    const asked = Date.now();
    const refused = await spoor.send('GET', '/api/v1/export', { query: { format: 'json' } });
    expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(Date.now() - asked).toBeGreaterThan(1_000);
    // What is wrong with a question is said without waiting.
    const wrong = Date.now();
    expect((await spoor.send('GET', '/api/v1/export', { query: { format: 'pdf' } })).status).toBe(422);
    expect(Date.now() - wrong).toBeLessThan(1_000);
  });

  test('the next gets its turn when the first ends in time', async () => {
    const first = await begin(WIDE);
    const next = small();
    await delay(500);
    first.destroy();
    expect(await next).toBe(200);
  });

  test('a refused question keeps no place', async () => {
    const query = { format: 'csv', scope: 'anon', short_code: 'unknown' };
    for (let time = 0; time < 3; time++) {
      expect((await spoor.send('GET', '/api/v1/export', { query })).status).toBe(404);
    }
    expect(await small()).toBe(200);
  });
});

describe('a slow reader', () => {
  test('gets a whole and right file', async () => {
    const response = await begin(`${WIDE}&metrics=clicks`);
    await delay(2_000);
    const text = (await bodyOf(response, 1)).toString('utf8');
    expect(text.endsWith('</export>')).toBe(true);
    const cities = new Set(
      [...text.matchAll(/<row><city>[^<]*number (\d+)<\/city><clicks>1<\/clicks>/g)].map(([, one]) => one),
    );
    expect(cities.size).toBe(WIDE_GROUPS);
  });

  test('of an archive too', async () => {
    const response = await begin(`${WIDE.replace('xml', 'csv')}&metrics=clicks`);
    await delay(1_000);
    const files = unzipSync(await bodyOf(response, 1));
    expect(Object.keys(files)).toEqual(['summary.csv', 'clicks_by_city.csv']);
    const lines = Buffer.from(files['clicks_by_city.csv'] ?? [])
      .toString('utf8')
      .split('\r\n');
    expect(lines).toHaveLength(WIDE_GROUPS + 2);
  });
});

describe('a format of its own', () => {
  /** Lists of lines, each value as JSON, after the list's name. */
  const lines: TemplateFormat = {
    kind: 'template',
    description: 'lines',
    capability: 'streamable',
    isForSpreadsheets: false,
    extension: 'txt',
    contentType: 'text/plain',
    row: (columns) => ({
      escape: 'json',
      pieces: [...columns.flatMap((column, index) => [index === 0 ? '' : '|', column]), '\n'],
    }),
    write: writeLines,
  };

  async function* writeLines({
    summary,
    lists,
    groupCounts,
  }: ExportContent): AsyncGenerator<Buffer | string> {
    yield `${summary['total_clicks']}\n`;
    for await (const { name, columns, rows } of lists) {
      yield `# ${name} ${columns.map((column) => column.name).join('|')}\n`;
      yield* rows;
    }
    yield JSON.stringify(groupCounts);
  }

  test('is one row and one document', async () => {
    const clicks = ['a|b', 'c\nd', 'c\nd'].map((city) => ({
      short_code: 'own-format',
      city,
      ip: '192.0.2.1',
      clicked_at: '2025-01-01T10:00Z',
    }));
    expect((await spoor.send('POST', '/api/v1/clicks', { json: clicks })).json.accepted).toBe(3);
    const now = Date.parse('2025-01-02T00:00Z');
    const raw = { group_by: 'time,city', start_date: '2025-01-01', end_date: '2025-01-01', interval: 'day' };
    const query = exportQuery(parseStatsRequest(raw, { now, timeZones: new Set(['UTC']) }), undefined);
    const tenant = { kind: 'url', ownerId: 'admin', shortCode: 'own-format' } as const;
    const plan = planStats(query, tenant);
    const bytes = await spoor.database.text(compileExport(plan, lines.row), new AbortController().signal);
    let text = '';
    for await (const piece of lines.write(await readExport(plan, bytes, lines.row, now))) text += piece;
    const day = '"2025-01-01"|"2025-01-01T00:00:00.000+00:00"';
    expect(text.split('\n')).toEqual([
      '3',
      '# clicks_by_time time|bucket_start|clicks|clicks_percentage',
      `${day}|3|100`,
      '# unique_clicks_by_time time|bucket_start|unique_clicks|unique_clicks_percentage',
      `${day}|1|100`,
      '# clicks_by_city city|clicks|clicks_percentage',
      '"c\\nd"|2|66.67',
      '"a|b"|1|33.33',
      '# unique_clicks_by_city city|unique_clicks|unique_clicks_percentage',
      '"c\\nd"|1|100',
      '"a|b"|1|100',
      '# clicks_by_time_city time|bucket_start|city|clicks|clicks_percentage',
      `${day}|"c\\nd"|2|66.67`,
      `${day}|"a|b"|1|33.33`,
      '# unique_clicks_by_time_city time|bucket_start|city|unique_clicks|unique_clicks_percentage',
      `${day}|"c\\nd"|1|100`,
      `${day}|"a|b"|1|100`,
      '{"city":2,"time_city":2}',
    ]);
  });
});
