import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXPORT_FORMAT_NAMES } from '../../src/export/formats.ts';
import type { Route } from '../../src/http/route/route.ts';
import { sql } from '../../src/sql/sql.ts';
import { FILTER_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { ROUTES } from '../support/outside.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/* Nothing that is sent is ever read as SQL, whichever route, parameter, dimension or format it is sent to. */

const HOSTILE = [
  "' OR 1=1 --",
  "'; DROP TABLE clicks; --",
  "\\' OR 1 --",
  "') UNION ALL SELECT 1 --",
  '{p0:String}',
  '\\N',
];
/** Dimensions that are stored as they are sent. */
const STORED: readonly string[] = ['short_code', 'browser', 'os', 'city', 'utm_campaign', 'variant'];
const PREFIXES: Readonly<Record<string, string>> = { short_code: 'code' };
const RANGE = { start_date: '2026-01-01', end_date: '2026-01-31', owner_id: '*' };

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
  const json = HOSTILE.map((text, place) => ({
    short_code: `code ${text}`,
    clicked_at: '2026-01-15',
    browser: `browser ${text}`,
    os: `os ${text}`,
    city: `city ${text}`,
    utm_campaign: `utm_campaign ${text}`,
    variant: `variant ${text}`,
    referrer: `https://example.com/${place}`,
  }));
  expect((await spoor.send('POST', '/api/v1/clicks', { json })).json.accepted).toBe(HOSTILE.length);
});
afterAll(() => spoor.stop());

/** The tables there are, and the clicks of this suite's beginning. */
const stored = () =>
  spoor.database.rows(sql`
    SELECT (SELECT groupArray(name) FROM (SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name)),
      count(), sum(cityHash64(short_code, browser, os, city, referrer)) FROM clicks WHERE startsWith(short_code, 'code ')`);

/** The names of all that a route takes beside its body. */
const parametersOf = ({ description, sample }: Route): readonly string[] => [
  ...new Set([
    ...(description?.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => name),
    ...Object.keys(sample.query ?? {}),
    'unknown',
  ]),
];

/** A body that is sent, once with each of its texts in place of which another stands. */
function bodiesWith(text: string, { body }: Route['sample']): readonly string[] {
  if (body === undefined || body.text === '') return [];
  // A log.
  if (body.type === 'application/octet-stream') {
    const quoted = [...body.text.matchAll(/"[^"]*"/g)];
    return quoted.map(
      ({ index, 0: { length } }) => `${body.text.slice(0, index)}"${text}"${body.text.slice(index + length)}`,
    );
  }
  const line = body.type === 'application/x-ndjson' ? (body.text.split('\n')[0] ?? '') : body.text;
  let texts = 0;
  JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? texts++ : value));
  return Array.from({ length: texts }, (_, wanted) => {
    let place = 0;
    return JSON.stringify(
      JSON.parse(line, (_, value: unknown) =>
        typeof value === 'string' && place++ === wanted ? text : value,
      ),
    );
  });
}

test.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s takes no parameter and nothing of a body for SQL',
  async (_, route) => {
    const { path, query = {}, headers = {}, body } = route.sample;
    const before = await stored();
    const failed: unknown[] = [];
    const send = async (
      to: string,
      asked: Readonly<Record<string, string>>,
      sent = body?.text,
    ): Promise<void> => {
      const { status, text } = await spoor.send(route.method.toUpperCase(), to, {
        query: asked,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': body.type }) },
        ...(sent === undefined ? {} : { body: sent }),
      });
      if (status >= 500) failed.push([to, asked, sent, status, text]);
    };
    for (const [place, text] of HOSTILE.entries()) {
      // Each parameter and each text of a body has two of them: filters have all of them below.
      for (const [shift, name] of parametersOf(route).entries())
        if ((place + shift) % 3 === 0) await send(path, { ...query, [name]: text });
      for (const [shift, sent] of bodiesWith(text, route.sample).entries())
        if ((place + shift) % 3 === 0) await send(path, query, sent);
      if (route.path.includes('{'))
        await send(route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(text)), query);
    }
    expect(failed).toEqual([]);
    expect(await stored()).toEqual(before);
  },
);

describe.each(FILTER_NAMES)('a filter by %s', (name) => {
  const ask = (path: string, values: readonly string[], more = {}) =>
    spoor.send('GET', path, { query: { ...RANGE, filters: JSON.stringify({ [name]: values }), ...more } });

  test('matches a text that looks like SQL where that is stored, and nothing else', async () => {
    const { status, json } = await ask('/api/v1/stats', HOSTILE);
    expect(status === 400 || json.summary.total_clicks).toBe(status === 400 || 0);
    if (!STORED.includes(name)) return;
    const own = HOSTILE.map((text) => `${PREFIXES[name] ?? name} ${text}`);
    const found = await ask('/api/v1/stats', own, { group_by: 'short_code' });
    expect(found.json.metrics.clicks_by_short_code).toHaveLength(HOSTILE.length);
    expect(found.json.summary.total_clicks).toBe(HOSTILE.length);
  });

  test('is no SQL in an export', async () => {
    const place = FILTER_NAMES.indexOf(name);
    const text = HOSTILE[place % HOSTILE.length] ?? '';
    const format = EXPORT_FORMAT_NAMES[place % EXPORT_FORMAT_NAMES.length] ?? 'json';
    const { status } = await ask('/api/v1/export', [text], { format, group_by: 'time,browser' });
    expect([text, [200, 400].includes(status)]).toEqual([text, true]);
  });
});
