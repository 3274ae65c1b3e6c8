import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { DIMENSION_NAMES, FILTER_NAMES } from '../../src/stats/registry/dimension-names.ts';
import { SEED } from '../support/random.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const DAY = '2025-06-01T';

/** Each owner's clicks differ from the others' in every dimension, in their number and in their hours. */
const OWNERS = [
  { id: 'ann', hours: ['10', '11', '12'], each: 2 },
  { id: 'ben', hours: ['08', '09', '13', '14'], each: 7 },
  { id: "o'wen\\", hours: ['06', '07', '15', '16'], each: 11 },
] as const;

const codesOf = (owner: string): readonly string[] => [`${owner} 1`, `${owner},2`, `${owner}%`];

const OWN = OWNERS[0];
const PUBLIC = 'ben for all to see';
/** What clicks say of themselves by a text of their owner's. */
const TEXTS = [
  'browser',
  'os',
  'city',
  'device',
  'browser_version',
  'os_version',
  'bot',
  'region',
  'network',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'variant',
] as const;
const textsOf = (id: string) => Object.fromEntries(TEXTS.map((name) => [name, `${name} of ${id}`]));
/** In UTC and in Kathmandu. */
const OWN_HOURS = [...OWN.hours, '15', '16', '17'];
const SUNDAY = '7';
const OWN_CLICKS = codesOf(OWN.id).length * OWN.hours.length * OWN.each;

let spoor: TestSpoor;
let key: string;

beforeAll(async () => {
  spoor = await startSpoor();
  for (const { id, hours, each } of OWNERS) {
    const ownKey = await spoor.createKey(id);
    if (id === OWN.id) key = ownKey;
    const clicks = codesOf(id).flatMap((code) =>
      hours.flatMap((hour) =>
        Array.from({ length: each }, (_, index) => ({
          short_code: code,
          clicked_at: `${DAY}${hour}:00:00Z`,
          ip: `192.0.2.${index}`,
          user_agent: `agent of ${id}`,
          ...textsOf(id),
          language: { ann: 'de', ben: 'fr' }[id as string] ?? 'it',
          domain: `${id === 'ann' || id === 'ben' ? id : 'owen'}.links.example`,
          hosting: id === 'ann',
          country: { ann: 'AU', ben: 'BR' }[id as string] ?? 'OM',
          referrer: `https://${id === 'ann' || id === 'ben' ? id : 'owen'}.example/`,
        })),
      ),
    );
    expect((await spoor.send('POST', '/api/v1/clicks', { key: ownKey, json: clicks })).json.accepted).toBe(
      clicks.length,
    );
    for (const code of codesOf(id)) {
      const path = `/api/v1/urls/${encodeURIComponent(code)}`;
      await spoor.send('PUT', path, { key: ownKey, json: { tags: [`tag of ${id}`] } });
    }
  }
  await spoor.send('PUT', `/api/v1/urls/${encodeURIComponent(PUBLIC)}`, {
    json: { owner_id: 'ben', private_stats: false },
  });
  await spoor.send('POST', '/api/v1/clicks', {
    json: [{ short_code: PUBLIC, clicked_at: `${DAY}11:30:00Z`, browser: 'public' }],
  });
});
afterAll(() => spoor.stop());

const allCodes = OWNERS.flatMap(({ id }) => codesOf(id));
const HOSTILE = [
  '*',
  "' OR 1=1 --",
  "') OR ('1'='1",
  '\\',
  "\\' OR 1 --",
  '%',
  'ann,ben',
  '\t',
  '😀',
  '{p0:String}',
  'NULL',
];
const word = fc.constantFrom(...OWNERS.map(({ id }) => id), ...allCodes, PUBLIC, ...HOSTILE);
const oneOf = (...values: readonly string[]) => fc.constantFrom(...values);
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  scope: oneOf('all', 'all', 'anon', 'anon', 'ALL', ' all ', 'Anon', '', '*', "all' OR '1'='1"),
  owner_id: word,
  short_code: fc.oneof(
    word,
    fc.array(word, { maxLength: 4 }).map((codes) => codes.join(',')),
    fc
      .array(word, { maxLength: 4 })
      .map((codes) => codes.map((code) => code.replaceAll(',', '\\,')).join(',')),
  ),
  filters: fc.oneof(
    fc
      .dictionary(
        oneOf(...FILTER_NAMES, 'owner_id', 'owner', 'time', '__proto__'),
        fc.oneof(word, fc.array(word)),
        { maxKeys: 2 },
      )
      .map((object) => JSON.stringify(object)),
    fc.array(word).map((codes) => JSON.stringify({ short_code: codes })),
    word,
  ),
  browser: fc.oneof(word, oneOf('browser of ann', 'browser of ben', 'browser of ann,browser of ben')),
  referrer: oneOf(
    'ben.example',
    'https://ben.example',
    'ann.example',
    'Direct',
    'example',
    'ann.example,ben.example',
  ),
  country: oneOf('BR', 'AU', 'Brazil', 'Australia,Brazil', "AU') OR ('' = '"),
  group_by: fc.shuffledSubarray([...DIMENSION_NAMES], { minLength: 1 }).map((names) => names.join(',')),
  breakdown: oneOf('true', 'false', 'True'),
  limit: oneOf('1', '10000', '0', '-1'),
  bots: oneOf('include', 'exclude', 'only'),
  metrics: oneOf('clicks', 'unique_clicks', 'owner_id'),
  timezone: oneOf('UTC', 'Asia/Kathmandu', 'UTC; SELECT 1'),
};

const names = Object.keys(values);
/** Names as they are, in odd casing, as lists and nested: whatever is not the parameter's name is to be refused. */
const nameOf = (name: string) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(name) },
    fc.constantFrom(name.toUpperCase(), `${name}[]`, `${name}[0]`, `${name} `, `query.${name}`),
  );
const parameters = fc.array(
  fc.constantFrom(...names).chain((name) => fc.tuple(nameOf(name), values[name] ?? fc.constant(''))),
  { maxLength: 6 },
);

test(`no parameters make a key count clicks of another owner (SPOOR_TEST_SEED=${SEED})`, async () => {
  let asked = 0;
  let answered = 0;
  let withClicks = 0;
  await fc.assert(
    fc.asyncProperty(parameters, async (drawn) => {
      asked++;
      const query = new URLSearchParams([
        ['start_date', `${DAY}00:00:00Z`],
        ['end_date', `${DAY}23:59:59Z`],
        ...drawn,
      ]);
      const { status, json, text } = await spoor.send('GET', `/api/v1/stats?${query.toString()}`, { key });
      if (drawn.some(([name]) => !names.includes(name))) expect(status).toBe(400);
      if (status !== 200) {
        expect([400, 403, 404, 422]).toContain(status);
        expect(text).not.toMatch(/\bof ben|\bof o'wen/);
        return;
      }
      answered++;
      const { scope, short_code: shortCode, summary, metrics } = json;
      if (summary.total_clicks > 0) withClicks++;
      if (scope === 'anon' && shortCode === PUBLIC) {
        expect(summary.total_clicks).toBeLessThanOrEqual(1);
        return;
      }
      expect(summary.total_clicks).toBeLessThanOrEqual(OWN_CLICKS);
      expect(summary.unique_clicks).toBeLessThanOrEqual(OWN.each);
      // The others' clicks come before and after one's own.
      if (summary.total_clicks > 0) {
        expect(Date.parse(summary.first_click)).toBeGreaterThanOrEqual(Date.parse(`${DAY}10:00:00Z`));
        expect(Date.parse(summary.last_click)).toBeLessThanOrEqual(Date.parse(`${DAY}12:00:00Z`));
      }
      const isFiltered = Object.keys(json.filters).length > 0 || drawn.some(([name]) => name === 'bots');
      if (scope === 'all' && !isFiltered) expect(summary.total_clicks).toBe(OWN_CLICKS);
      const own = new Set([
        ...Object.values(textsOf(OWN.id)),
        `tag of ${OWN.id}`,
        'de',
        'ann.links.example',
        'yes',
        'AU',
        'Oceania',
        'https://ann.example',
        'ann.example',
        'Other',
        ...OWN_HOURS,
        SUNDAY,
        ...codesOf(OWN.id),
      ]);
      for (const row of Object.values(metrics as Record<string, Record<string, string>[]>).flat()) {
        for (const name of FILTER_NAMES) if (row[name] !== undefined) expect(own).toContain(row[name]);
      }
    }),
    { numRuns: 150, interruptAfterTimeLimit: 12_000 },
  );
  // A wall that lets nothing through would pass the search as well. A busy machine asks less.
  expect([answered > asked / 5, withClicks > asked / 10]).toEqual([true, true]);
});

test('nor does the period before', async () => {
  const query = {
    start_date: `${DAY}15:00Z`,
    end_date: `${DAY}18:59:59.999Z`,
    compare: 'previous',
    group_by: 'time,os',
  };
  const { json } = await spoor.send('GET', '/api/v1/stats', { key, query });
  // From 11:00 to 14:59 there are two hours of one's own, and two of another's.
  expect(json.summary.total_clicks).toBe(0);
  expect(json.previous.summary.total_clicks).toBe(2 * codesOf(OWN.id).length * OWN.each);
});

test('another owner’s private URL is 403 and an unknown one 404, both without a number', async () => {
  const ask = (shortCode: string) =>
    spoor.send('GET', '/api/v1/stats', { key, query: { scope: 'anon', short_code: shortCode } });
  const foreign = await ask('ben 1');
  expect([foreign.status, foreign.json.code]).toEqual([403, 'forbidden']);
  const unknown = await ask('nobody’s');
  expect([unknown.status, unknown.json.code]).toEqual([404, 'not_found']);
});

test.each(['ben', '*', 'ann', 'admin'])('owner_id=%s is for administrators', async (ownerId) => {
  const { status, json } = await spoor.send('GET', '/api/v1/stats', { key, query: { owner_id: ownerId } });
  expect([status, json.code]).toEqual([403, 'forbidden']);
});

test('a click for another owner’s code is refused and counted nowhere', async () => {
  const { status, json } = await spoor.send('POST', '/api/v1/clicks', {
    key,
    json: [{ short_code: 'ben 1', clicked_at: `${DAY}10:00:00Z` }],
  });
  expect([status, json.accepted, json.rejected[0].field]).toEqual([422, 0, 'short_code']);
  const { json: all } = await spoor.send('GET', '/api/v1/stats', {
    key,
    query: { start_date: `${DAY}00:00:00Z`, end_date: `${DAY}23:59:59Z` },
  });
  expect(all.summary.total_clicks).toBe(OWN_CLICKS);
});
