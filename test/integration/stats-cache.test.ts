import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { sql } from '../../src/sql/sql.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { SEED } from '../support/random.ts';
import {
  ADMIN_KEY,
  type SendOptions,
  type TestResponse,
  type TestSpoor,
  startSpoor,
} from '../support/spoor.ts';

const DAY_MS = 86_400_000;
/** Within it a change through one server is in the answers of every other. */
const ELSEWHERE_MS = 2_000;

/** Headers that each response has its own of. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'date',
  'x-request-id',
  'server-timing',
  'x-spoor-rows-read',
]);

type Query = Readonly<Record<string, string>>;

let spoor: TestSpoor;
/** Another server on the same data, and one that keeps no answers: what it says is so. */
let other: TestSpoor;
let truth: TestSpoor;
const keys: Record<string, string> = {};
const OWNERS = ['ann', 'ben', 'cyd'] as const;

beforeAll(async () => {
  spoor = await startSpoor();
  const same = { CLICKHOUSE_DATABASE: spoor.database.name };
  other = await startSpoor(same);
  truth = await startSpoor({ ...same, SPOOR_CACHE_MB: '0' });
  for (const owner of OWNERS) keys[owner] = await spoor.createKey(owner);
});
afterAll(() => stopSharing([other, truth, spoor]));

const ask = (query: Query, options: SendOptions = {}, from = spoor): Promise<TestResponse> =>
  from.send('GET', '/api/v1/stats', { query, ...options });
const totalOf = async (query: Query, options: SendOptions = {}, from = spoor): Promise<number> =>
  (await ask(query, options, from)).json.summary.total_clicks;
const click = async (
  code: string,
  key: string | undefined,
  fields: object = {},
  to = spoor,
): Promise<void> => {
  const sent = await to.send('POST', '/api/v1/clicks', {
    ...(key === undefined ? {} : { key }),
    json: { short_code: code, ...fields },
  });
  expect([sent.status, sent.json.accepted]).toEqual([200, 1]);
};
/** How many requests that server's cache has had, by outcome. */
const outcomes = async (of = spoor): Promise<Record<string, number>> => {
  const { text } = await of.send('GET', '/metrics');
  return Object.fromEntries(
    [...text.matchAll(/^spoor_cache_requests_total\{outcome="(\w+)"\} (\d+)$/gm)].map(([, name, count]) => [
      name,
      Number(count),
    ]),
  );
};
/** An answer but for what may differ between two of the same data. */
const comparable = ({ status, json }: TestResponse): unknown => {
  if (status !== 200) return { status, code: json.code };
  const { generated_at: _, time_range: __, ...rest } = json;
  return rest;
};

/** Ranges: open ones, and some that ended in this month and in others. */
const RANGES: readonly Query[] = [
  {},
  { start_date: '2000-01-01' },
  { start_date: '2000-01-01', end_date: new Date(Date.now() - 1_000).toISOString() },
  { start_date: '2025-03-01', end_date: '2025-03-31' },
  { start_date: '2025-01-01', end_date: '2025-12-31' },
  { start_date: '2025-04-01', end_date: '2025-04-30', compare: 'previous' },
];

describe('whatever is written and asked in whatever order', () => {
  const owner = fc.constantFrom(...OWNERS);
  const code = fc.tuple(owner, fc.constantFrom('a', 'b')).map(([name, which]) => `${name}-${which}`);
  const moment = fc.constantFrom('2025-03-10T10:00:00Z', '2025-04-10T10:00:00Z', undefined);
  const write = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('click'), code, at: moment, admin: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('import'), code, at: moment }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('erase'), code }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), code }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('privacy'), code, isPrivate: fc.boolean() }) },
  );
  const question = fc.record({
    do: fc.constant('ask'),
    key: fc.oneof(owner, fc.constantFrom('admin', 'nobody')),
    range: fc.constantFrom(...RANGES),
    about: fc.oneof(
      fc.constant({}),
      code.map((one) => ({ scope: 'anon', short_code: one })),
      fc.oneof(owner, fc.constant('*')).map((one) => ({ owner_id: one })),
    ),
    times: fc.integer({ min: 1, max: 3 }),
  });
  let imported = 0;

  const ownerOf = (short: string): string => short.split('-')[0] ?? '';
  const run = async (step: any): Promise<void> => {
    const own = keys[ownerOf(step.code ?? '')] ?? '';
    const path = `/api/v1/urls/${step.code}`;
    const fields = step.at === undefined ? {} : { clicked_at: step.at };
    if (step.do === 'click') {
      // An administrator's click for a code that nobody has would make it the administrator's.
      if (step.admin) await spoor.send('PUT', path, { json: { owner_id: ownerOf(step.code) } });
      await click(step.code, step.admin ? undefined : own, fields);
    } else if (step.do === 'import') {
      const sent = await spoor.send('POST', '/api/v1/imports', {
        query: { owner: ownerOf(step.code), format: 'ndjson' },
        body: `${JSON.stringify({ short_code: step.code, city: `city ${++imported}`, click_id: String(imported), ...fields })}\n`,
      });
      // What was erased does not come back.
      expect([sent.status, sent.json.accepted, sent.json.erased]).toEqual(
        sent.json.erased === 0 ? [200, 1, 0] : [422, 0, 1],
      );
    } else if (step.do === 'erase') {
      const erased = await spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: step.code } });
      expect(erased.status).toBe(200);
    } else if (step.do === 'delete') {
      expect([204, 404]).toContain((await spoor.send('DELETE', path, { key: own })).status);
    } else if (step.do === 'privacy') {
      const json = { private_stats: step.isPrivate };
      expect([200, 201]).toContain((await spoor.send('PUT', path, { key: own, json })).status);
    } else {
      const key = { admin: undefined, nobody: null }[step.key as string] ?? keys[step.key];
      const options = step.key === 'nobody' ? { key: null } : key === undefined ? {} : { key };
      const query = { ...step.range, ...step.about, group_by: 'browser,short_code' };
      if (query.scope === 'anon') query.group_by = 'browser,city';
      for (let time = 0; time < step.times; time++) {
        const [kept, asked] = [await ask(query, options), await ask(query, options, truth)];
        // What it holds of URLs itself is up to 3 s old there; clicks are not.
        if (query.scope === 'anon' && kept.status !== asked.status) continue;
        expect(comparable(kept)).toEqual(comparable(asked));
      }
    }
  };

  test(`every answer is what ClickHouse would say now (SPOOR_TEST_SEED=${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(write, question, question), { minLength: 12, maxLength: 40 }),
        async (steps) => {
          for (const step of steps) await run(step);
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
    expect((await outcomes())['hit']).toBeGreaterThan(0);
  }, 240_000);
});

describe('of one server', () => {
  test('a question asked again is answered from what is kept, with the same tag, and 304', async () => {
    await click('again', keys['ann']);
    const query = { scope: 'anon', short_code: 'again', start_date: '2025-01-01', end_date: '2025-12-31' };
    const options = { key: keys['ann'] ?? '' };
    const before = await outcomes();
    const first = await ask(query, options);
    const second = await ask(query, options);
    const after = await outcomes();
    expect([after['hit'], after['miss']]).toEqual([(before['hit'] ?? 0) + 1, (before['miss'] ?? 0) + 1]);
    expect(second.text).toBe(first.text);
    const tag = first.headers.get('etag') ?? '';
    const third = await ask(query, { ...options, headers: { 'if-none-match': tag } });
    expect([third.status, third.text, third.headers.get('etag')]).toEqual([304, '', tag]);
    for (const [name, value] of first.headers)
      expect(second.headers.get(name)).toEqual(OWN_HEADERS.has(name) ? expect.any(String) : value);
  });

  test('a range that has ended stays kept while other months and other owners have clicks', async () => {
    const march = { start_date: '2024-03-01', end_date: '2024-03-31' };
    const options = { key: keys['ben'] ?? '' };
    await click('old', keys['ben'], { clicked_at: '2024-03-05T00:00:00Z' });
    const first = await ask(march, options);
    await click('old', keys['ben'], { clicked_at: '2024-04-05T00:00:00Z' });
    await click('old too', keys['cyd'], { clicked_at: '2024-04-05T00:00:00Z' });
    const again = await ask(march, options);
    // Of clicks on several servers it is not known what has changed: such an answer is made again, and is the same.
    if (spoor.sharding === undefined) expect(again.text).toBe(first.text);
    else expect({ ...again.json, generated_at: '' }).toEqual({ ...first.json, generated_at: '' });
    await click('old', keys['ben'], { clicked_at: '2024-03-06T00:00:00Z' });
    expect((await ask(march, options)).json.summary.total_clicks).toBe(first.json.summary.total_clicks + 1);
  });

  test('an Idempotency-Key that another server has answered for', async () => {
    const query = { start_date: '2000-01-01', scope: 'anon', short_code: 'once' };
    await click('once', keys['ann']);
    const send = (to: TestSpoor) =>
      to.send('POST', '/api/v1/clicks', {
        json: { short_code: 'once' },
        headers: { 'idempotency-key': 'one' },
      });
    expect(await totalOf(query)).toBe(1);
    await send(other);
    expect((await send(spoor)).json.accepted).toBe(1);
    expect(await totalOf(query)).toBe(2);
  });

  test('equal questions at once share one query, unless a click came in between', async () => {
    const before = await outcomes();
    const query = { owner_id: '*', start_date: '2000-01-01', group_by: 'os', city: 'shared' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(query)));
    const after = await outcomes();
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((after['miss'] ?? 0) - (before['miss'] ?? 0)).toBe(1);
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const asking = ask(query);
        await click('shared', undefined, { city: 'shared' });
        const [known] = await truth.database.rows<[number]>(
          sql`SELECT count() FROM clicks WHERE city = 'shared'`,
        );
        expect(await totalOf(query)).toBeGreaterThanOrEqual(known?.[0] ?? NaN);
        await asking;
      }),
    );
  });

  test('a client that leaves takes nobody’s answer along', async () => {
    const slow = { owner_id: '*', start_date: '2000-01-01', group_by: 'city', city: 'slow' };
    await click('slow', undefined, { city: 'slow' });
    const leaving = new AbortController();
    const url = `${spoor.url}/api/v1/stats?${new URLSearchParams(slow).toString()}`;
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const left = fetch(url, { headers, signal: leaving.signal }).catch(() => 'left');
    const stayed = Promise.all(Array.from({ length: 5 }, () => ask(slow)));
    leaving.abort();
    expect(await left).toBe('left');
    for (const { json } of await stayed) expect(json.summary.total_clicks).toBe(1);
  });

  test('what failed is not kept', async () => {
    const query = { start_date: '2000-01-01', group_by: 'os', city: 'failing' };
    const options = { key: keys['cyd'] ?? '' };
    await spoor.onClickTables((table) => `RENAME TABLE ${table} TO clicks_away`);
    try {
      expect((await ask(query, options)).status).toBe(500);
    } finally {
      await spoor.onClickTables((table) => `RENAME TABLE clicks_away TO ${table}`);
    }
    expect((await ask(query, options)).status).toBe(200);
  });

  test('a URL that becomes private is so at once for those who had its answers', async () => {
    const options = { key: null };
    const query = { scope: 'anon', short_code: 'open' };
    const put = (isPrivate: boolean) =>
      spoor.send('PUT', '/api/v1/urls/open', { key: keys['ann'] ?? '', json: { private_stats: isPrivate } });
    await put(false);
    expect([(await ask(query, options)).status, (await ask(query, options)).status]).toEqual([200, 200]);
    await put(true);
    expect((await ask(query, options)).status).toBe(401);
    expect((await ask(query, { key: keys['ben'] ?? '' })).status).toBe(403);
    expect((await ask(query, { key: keys['ann'] ?? '' })).status).toBe(200);
    await put(false);
    expect((await ask(query, options)).status).toBe(200);
  });

  test('a deleted URL’s answers go with it, also when another owner registers it', async () => {
    const query = { scope: 'anon', short_code: 'handed on', start_date: '2000-01-01' };
    const path = '/api/v1/urls/handed%20on';
    await click('handed on', keys['ann']);
    expect(await totalOf(query, { key: keys['ann'] ?? '' })).toBe(1);
    await spoor.send('DELETE', path, { key: keys['ann'] ?? '' });
    expect((await ask(query, { key: keys['ann'] ?? '' })).status).toBe(404);
    await spoor.send('PUT', path, { key: keys['ben'] ?? '', json: {} });
    expect(await totalOf(query, { key: keys['ben'] ?? '' })).toBe(0);
    expect((await ask(query, { key: keys['ann'] ?? '' })).status).toBe(403);
  });

  test('the same words are another question for another key, and none for one that may not ask', async () => {
    const query = { start_date: '2000-01-01', group_by: 'short_code' };
    const weak = await spoor.createKey('ann', ['clicks:write']);
    for (let time = 0; time < 2; time++) {
      for (const owner of OWNERS) {
        const { json } = await ask(query, { key: keys[owner] ?? '' });
        const truly = await ask(query, { key: keys[owner] ?? '' }, truth);
        expect(json.metrics).toEqual(truly.json.metrics);
      }
      expect((await ask(query, { key: weak })).status).toBe(403);
      expect((await ask(query, { key: null })).status).toBe(401);
      expect((await ask(query, { key: 'spoo_wrong' })).status).toBe(401);
      expect((await ask({ ...query, owner_id: 'ben' }, { key: keys['ann'] ?? '' })).status).toBe(403);
    }
  });

  test('an end that is to come is now, until it has come', async () => {
    const end = Date.now() + 1_500;
    const query = { start_date: '2000-01-01', end_date: String(end), group_by: 'browser' };
    const options = { key: await spoor.createKey('to come') };
    const endOf = async () => Date.parse((await ask(query, options)).json.time_range.end_date);
    expect(await endOf()).toBeLessThan(end);
    await waitUntil('the end to come', () => Date.now() > end);
    expect(await waitUntil('its own end', async () => (await endOf()) === end)).toBe(true);
  });
});

describe('of another server', () => {
  const seenElsewhere = async (
    query: Query,
    before: number,
    change: () => Promise<unknown>,
  ): Promise<void> => {
    const options = { key: keys['cyd'] ?? '' };
    // Kept there, and asked for all the while.
    expect(await totalOf(query, options, other)).toBe(before);
    await change();
    const deadline = Date.now() + ELSEWHERE_MS;
    const now = await totalOf(query, options, truth);
    expect(now).not.toBe(before);
    await waitUntil('the change to be seen', async () => {
      const begun = Date.now();
      const seen = await totalOf(query, options, other);
      if (seen !== now && begun > deadline) throw new Error('Not seen in time.');
      return seen === now;
    });
  };

  test.each([
    ['open', {}],
    ['ended', { end_date: '2025-06-30' }],
  ])('clicks, an erasure and a deletion are seen within 2 s: %s', async (name, range) => {
    const code = `elsewhere ${name}`;
    const query = { start_date: '2025-06-01', scope: 'anon', short_code: code, ...range };
    const at = { clicked_at: '2025-06-05T00:00:00Z' };
    for (let time = 0; time < 3; time++) await click(code, keys['cyd'], { ...at, city: `city ${time}` });
    await waitUntil(
      'the first clicks',
      async () => (await totalOf(query, { key: keys['cyd'] ?? '' }, other)) === 3,
    );
    await seenElsewhere(query, 3, () => click(code, keys['cyd'], at));
    await spoor.onClickTables((table) => `OPTIMIZE TABLE ${table} FINAL`);
    await seenElsewhere(query, 4, () =>
      spoor.send('DELETE', '/api/v1/clicks', { json: { short_code: code, end_date: '2025-06-06' } }),
    );
    await seenElsewhere(query, 0, () => click(code, keys['cyd'], at));
    // By an operator's own hand.
    await seenElsewhere(query, 1, () =>
      spoor.onClickTables((table) => `ALTER TABLE ${table} DROP PARTITION '202506'`),
    );
  });

  test('tags are seen within 2 s', async () => {
    const code = 'elsewhere tagged';
    await click(code, keys['cyd'], { clicked_at: '2025-05-05T00:00:00Z' });
    const query = { start_date: '2025-05-01', end_date: '2025-05-31', tag: 'here' };
    const put = (tags: readonly string[]) =>
      spoor.send('PUT', `/api/v1/urls/${encodeURIComponent(code)}`, { json: { tags } });
    await seenElsewhere(query, 0, () => put(['here', 'there']));
    await seenElsewhere(query, 1, () => put(['there']));
  });
});

test('so many megabytes are kept and no more', async () => {
  const small = await startSpoor({ SPOOR_CACHE_MB: '1', CLICKHOUSE_DATABASE: spoor.database.name });
  const bytes = async (): Promise<number> => {
    const { text } = await small.send('GET', '/metrics');
    const caches = [...text.matchAll(/^spoor_cache_bytes\{cache="\w+"\} (\d+)$/gm)];
    return caches.reduce((sum, [, one]) => sum + Number(one), 0);
  };
  try {
    let most = 0;
    for (let day = 0; day < 60; day++) {
      const start = Date.now() - 60 * DAY_MS - day;
      await ask({ owner_id: '*', start_date: String(start), interval: 'day' }, {}, small);
      if (day % 6 === 5) most = Math.max(most, await bytes());
    }
    expect(most).toBeLessThanOrEqual(1_048_576);
    // Half of what responses have, since all are about the same.
    expect(most).toBeGreaterThan(200_000);
  } finally {
    await small.running.stop();
    await small.database.close();
  }
});
