import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { METRIC_NAMES } from '../../src/stats/registry/metrics.ts';
import { type TestCluster, startCluster } from '../support/cluster.ts';
import { SEED, seededRandom, tries } from '../support/random.ts';
import { compareFilters, compareWithReference } from '../support/random-stats.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const QUESTIONS = tries(15);
const FILTERS = tries(15);
const EXPORTS = 4;

let cluster: TestCluster;
let spoor: TestSpoor;
beforeAll(async () => {
  cluster = await startCluster();
  spoor = await startSpoor(cluster.settings);
});
afterAll(async () => {
  await spoor.stop();
  await cluster.stop();
});

/** Wide ones, each with something that an export does apart. */
const EXPORTED = [
  { group_by: 'os', limit: '2' },
  { group_by: 'os', limit: '2', other: 'true' },
  { group_by: 'time,os,city', interval: 'month', sort: 'p95_redirection_time', offset: '1', limit: '2' },
  { group_by: 'time', interval: 'month' },
  { group_by: 'time', interval: 'month', timezone: 'America/New_York' },
  // ClickHouse may lack it.
  { group_by: 'time', interval: 'month', timezone: 'America/Coyhaique' },
  { group_by: 'time,browser', interval: 'month', limit: '3' },
  { group_by: 'country,city,referrer', metrics: 'unique_clicks', breakdown: 'true' },
  { group_by: 'browser,short_code', metrics: 'clicks', bots: 'exclude', limit: '1' },
  { group_by: 'tag,os', breakdown: 'true', limit: '4' },
  { group_by: 'time,tag', interval: 'month', 'tag.does_not_contain': 'spring', compare: 'previous' },
  { group_by: 'time,os', interval: 'month', metrics: METRIC_NAMES.join(','), breakdown: 'true' },
  { group_by: 'time,os', interval: 'month', limit: '2', start_date: '2025-04-01', compare: 'previous' },
  {
    group_by: 'time,os,city',
    interval: 'month',
    offset: '1',
    limit: '2',
    other: 'true',
    start_date: '2025-04-01',
    compare: 'previous',
  },
  { group_by: 'os', start_date: '2025-04-01', compare: 'year', match: 'weekday', sort: '-change' },
  { group_by: 'os,time', interval: 'month', start_date: '2025-09-01', compare: '2025-01-01/2025-06-30' },
  { group_by: 'time', interval: 'month', start_date: '2025-04-01', compare: 'previous' },
  { group_by: 'os', metrics: METRIC_NAMES.join(','), browser: 'None of them' },
];

test(`random questions to two shards are answered as a count by hand does, and exported alike (SPOOR_TEST_SEED=${SEED})`, async () => {
  const target = { url: spoor.url, adminKey: ADMIN_KEY };
  await compareWithReference(target, { clicks: 400, questions: QUESTIONS, milliseconds: 60_000 });
  await compareFilters(
    { rows: (query) => spoor.database.rows(query), sharding: spoor.sharding },
    { clicks: 400, filters: FILTERS },
  );

  await compareOthers();

  const random = seededRandom(SEED);
  const drawn = EXPORTED.map((question) => ({ question, place: random(1_000_000) }));
  for (const { question } of drawn.toSorted((a, b) => a.place - b.place).slice(0, EXPORTS)) {
    const query = {
      owner_id: '*',
      start_date: '2000-01-01',
      end_date: '2025-12-31',
      limit: '10000',
      ...question,
    };
    const { json: answer } = await spoor.send('GET', '/api/v1/stats', { query });
    const { json: exported } = await spoor.send('GET', '/api/v1/export', {
      query: { ...query, format: 'json' },
    });
    if (question.browser === undefined) expect(answer.summary.total_clicks).toBeGreaterThan(30);
    const { generated_at: _, ...expected } = answer;
    const { generated_at: __, ...found } = exported;
    expect(found).toEqual(expected);
  }

  const addTagged = (from: number, to: number): Promise<void> =>
    spoor.database.command(sql`INSERT INTO urls (short_code, owner_id, tags, version)
      SELECT concat('padded code of URL ', toString(number)), 'tagger', ['tag', toString(number % 7)], 1
      FROM numbers(${param('UInt32', from)}, ${param('UInt32', to)})`);
  // Each time another range: one that was asked for stays in the cache for a second.
  const byTag = (end: string) => {
    const query = { owner_id: 'tagger', start_date: '2026-01-01', end_date: end, group_by: 'tag' };
    return spoor.send('GET', '/api/v1/stats', { query });
  };
  await addTagged(0, 10_000);
  await spoor.send('POST', '/api/v1/clicks', {
    json: [3, 9_999].map((number) => ({
      short_code: `padded code of URL ${number}`,
      clicked_at: '2026-01-05',
      ip: `192.0.2.${number % 256}`,
    })),
  });
  expect((await byTag('2026-01-31')).json.metrics.clicks_by_tag).toEqual([
    { tag: '3', clicks: 2, clicks_percentage: 100 },
    { tag: 'tag', clicks: 2, clicks_percentage: 100 },
  ]);
  const shown = { owner_id: 'tagger', start_date: '2026-01-01', end_date: '2026-01-31', fields: 'tag' };
  const listed = await spoor.send('GET', '/api/v1/clicks', { query: shown });
  const query = { ...shown, format: 'ndjson' };
  const lines = (await spoor.send('GET', '/api/v1/export/clicks', { query })).text.trim().split('\n');
  for (const clicks of [listed.json.items, lines.map((line) => JSON.parse(line))]) {
    expect(clicks).toEqual([{ tag: ['tag', '3'] }, { tag: ['tag', '3'] }]);
  }
  await addTagged(10_000, 40_000);
  const refused = await byTag('2026-01-30');
  expect([refused.status, refused.json.field]).toEqual([400, 'tag']);
}, 240_000);

/** Questions of which the period compared with has more buckets. */
const LONGER_BEFORE = [
  { start_date: '2025-09-01', end_date: '2025-10-15', compare: '2025-01-01/2025-06-30', interval: 'month' },
  { start_date: '2025-09-01', end_date: '2025-09-03', compare: '2025-01-01/2025-06-30', interval: 'week' },
];

/** The other row changes nothing of the period compared with. */
async function compareOthers(): Promise<void> {
  for (const question of LONGER_BEFORE) {
    const previousOf = async (more: Readonly<Record<string, string>>) => {
      const query = { owner_id: '*', group_by: 'time,os', breakdown: 'false', ...question, ...more };
      return (await spoor.send('GET', '/api/v1/stats', { query })).json.previous;
    };
    const expected = await previousOf({});
    expect(expected.summary.total_clicks).toBeGreaterThan(5);
    expect(await previousOf({ limit: '1', other: 'true' })).toEqual(expected);
  }
}
