import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SEED, seededRandom } from '../support/random.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const random = seededRandom(SEED);

interface Sent {
  readonly short_code: string;
  readonly clicked_at: number;
  readonly click_id: string;
  readonly browser?: string;
  readonly is_bot?: boolean;
}

const START = Date.parse('2026-01-20T00:00Z');
const END = Date.parse('2026-04-10T00:00Z');
const RANGE = { start_date: String(START), end_date: String(END) };
const ORDERS = ['newest', 'oldest', 'link'] as const;

let spoor: TestSpoor;
/** Another instance on the same clicks. */
let second: TestSpoor;
let key: string;
beforeAll(async () => {
  spoor = await startSpoor();
  second = await startSpoor({ CLICKHOUSE_DATABASE: spoor.database.name });
  key = await spoor.createKey('me', ['clicks:write', 'clicks:read', 'urls:write', 'stats:read']);
});
afterAll(() => stopSharing([second, spoor]));

/** Times of which many are equal, none of them in March. */
function randomTime(): number {
  const isLate = random(2) === 0;
  const [from, to] = isLate
    ? [Date.parse('2026-04-01T00:00Z'), END]
    : [START, Date.parse('2026-03-01T00:00Z')];
  const time = from + random(to - from);
  return random(2) === 0 ? Math.max(START, time - (time % 259_200_000)) : time;
}

function randomClicks(count: number, prefix: string): readonly Sent[] {
  return Array.from({ length: count }, (_, index) => ({
    short_code: `${prefix}${random(7)}`,
    clicked_at: randomTime(),
    click_id: `${prefix}-${index}`,
    browser: ['Chrome', 'Firefox'][index % 2] ?? '',
    is_bot: index % 10 === 0,
  }));
}

async function add(clicks: readonly Sent[], by = key): Promise<void> {
  const { json } = await spoor.send('POST', '/api/v1/clicks', { key: by, ndjson: clicks });
  expect(json.accepted).toBe(clicks.length);
}

type Query = Readonly<Record<string, string>>;
type Item = Readonly<Record<string, unknown>>;

/** Every click of a listing. @param between is called after each page but the last */
async function listed(query: Query, between = async (): Promise<void> => {}): Promise<readonly Item[]> {
  const items: Item[] = [];
  let asked: Query = query;
  for (;;) {
    const { status, json } = await spoor.send('GET', '/api/v1/clicks', { key, query: asked });
    expect(status).toBe(200);
    expect(json.items.length).toBeLessThanOrEqual(Number(query['limit'] ?? 1000));
    items.push(...json.items);
    if (json.next_cursor === null) return items;
    asked = { cursor: json.next_cursor, ...(query['limit'] === undefined ? {} : { limit: query['limit'] }) };
    await between();
  }
}

/** What is left of an order among items: clicks of one moment are in any order. */
function sortKeys(order: (typeof ORDERS)[number], items: readonly Item[]): readonly string[] {
  return items.map(({ clicked_at: time, short_code: code }) =>
    order === 'link' ? `${String(code)} ${String(time)}` : String(time),
  );
}

const idsOf = (items: readonly Item[]): readonly string[] =>
  items.map(({ click_id: id }) => String(id)).toSorted();

describe(`pages (SPOOR_TEST_SEED=${SEED})`, () => {
  const clicks = randomClicks(120, 'a');
  const FIELDS = { fields: 'click_id,clicked_at,short_code' };
  beforeAll(() => add(clicks));

  test.each(ORDERS.flatMap((order) => ['17', '119', '10000'].map((limit) => [order, limit] as const)))(
    'in the order %s, %s on each, hold every click once',
    async (order, limit) => {
      const items = await listed({ ...RANGE, ...FIELDS, order, limit, short_code: codes('a') });
      expect(idsOf(items)).toEqual(clicks.map(({ click_id: id }) => id).toSorted());
      const keys = sortKeys(order, items);
      const sorted = keys.toSorted();
      expect(keys).toEqual(order === 'newest' ? sorted.toReversed() : sorted);
    },
  );

  test.each(ORDERS)(
    'in the order %s skip and repeat none while clicks come and are erased',
    async (order) => {
      const [there, gone] = [randomClicks(80, `b${order}`), randomClicks(30, `gone${order}`)];
      await add([...there, ...gone]);
      let round = 0;
      const items = await listed(
        {
          ...RANGE,
          ...FIELDS,
          order,
          limit: '11',
          short_code: [codes(`b${order}`), codes(`gone${order}`)].join(),
        },
        async () => {
          round++;
          await add(
            randomClicks(5, `b${order}`).map((click) => ({
              ...click,
              click_id: `late-${round}-${click.click_id}`,
            })),
          );
          if (round % 4 !== 0) return;
          const json = { short_code: `gone${order}${round / 4}`, owner_id: 'me' };
          expect((await spoor.send('DELETE', '/api/v1/clicks', { json })).status).toBe(200);
        },
      );
      const ids = idsOf(items);
      expect(ids.filter((id) => id.startsWith('b'))).toEqual(there.map(({ click_id: id }) => id).toSorted());
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  test.each(ORDERS)('in the order %s hold equal clicks as often as there are', async (order) => {
    const equal = { short_code: `eq${order}`, clicked_at: START + 5_000, click_id: '' };
    const around = [-1, 0, 0, 1].map((by, index) => ({
      ...equal,
      clicked_at: equal.clicked_at + by,
      click_id: `other-${index}`,
    }));
    await add([...around, ...Array.from({ length: 23 }, () => equal)]);
    const items = await listed({ ...RANGE, ...FIELDS, order, limit: '4', short_code: equal.short_code });
    expect(idsOf(items)).toEqual([...Array<string>(23).fill(''), ...idsOf(around)]);
  });

  test.each(ORDERS)('in the order %s hold every click of a moment that has many', async (order) => {
    const moment = { short_code: `many${order}`, clicked_at: START + 5_000 };
    const many = Array.from({ length: 130 }, (_, index) => ({
      ...moment,
      clicked_at: moment.clicked_at + Math.sign(Math.trunc((index - 65) / 60)),
      click_id: `many-${index}`,
    }));
    await add(many);
    const items = await listed({ ...RANGE, ...FIELDS, order, limit: '40', short_code: moment.short_code });
    expect(idsOf(items)).toEqual(idsOf(many));
  });

  test('hold the clicks that statistics count', async () => {
    const query = {
      ...RANGE,
      browser: 'Firefox',
      bots: 'exclude',
      short_code: codes('a'),
      'os.is_not': 'Linux',
    };
    const { json } = await spoor.send('GET', '/api/v1/stats', { key, query });
    expect(json.summary.total_clicks).toBeGreaterThan(0);
    expect(await listed({ ...query, limit: '13' })).toHaveLength(json.summary.total_clicks);
    await spoor.send('PUT', '/api/v1/segments/foxes', { key, json: { filters: { browser: ['Firefox'] } } });
    const { browser: _, ...others } = query;
    const named = await listed({ ...others, segment: 'foxes', limit: '20' });
    expect(named).toHaveLength(json.summary.total_clicks);
  });
});

function codes(prefix: string): string {
  return Array.from({ length: 7 }, (_, index) => `${prefix}${index}`).join();
}

test('a click is shown with all that is stored of it, its times in the zone asked for', async () => {
  const sent = {
    short_code: 'shown',
    clicked_at: '2026-01-21T12:00:00.125Z',
    visitor_id: 'somebody',
    browser: 'Chrome',
    country: 'DE',
    redirect_ms: 12.5,
    click_id: 'one',
    properties: { plan: 'pro' },
  };
  const before = Date.now();
  await spoor.send('POST', '/api/v1/clicks', { key, json: sent });
  const query = { ...RANGE, short_code: 'shown', timezone: 'Europe/Berlin' };
  const [item, ...others] = await listed(query);
  expect(others).toEqual([]);
  expect(item).toMatchObject({
    clicked_at: '2026-01-21T13:00:00.125+01:00',
    short_code: 'shown',
    browser: 'Chrome',
    country: 'DE',
    continent: 'Europe',
    hour_of_day: '13',
    redirect_ms: 12.5,
    click_id: 'one',
    is_bot: false,
    properties: { plan: 'pro' },
  });
  expect(Object.keys(item ?? {})).not.toContain('visitor');
  expect(Object.keys(item ?? {})).not.toContain('tag');
  const fields = { ...query, fields: 'tag,click_id' };
  expect(await listed(fields)).toEqual([{ tag: [], click_id: 'one' }]);
  const tags = ['b', 'a', 'c, d'];
  await spoor.send('PUT', '/api/v1/urls/shown', {
    key: await spoor.createKey('me', ['urls:write']),
    json: { tags },
  });
  expect(await listed(fields)).toEqual([{ tag: tags, click_id: 'one' }]);
  expect(Math.abs(Date.parse(String(item?.['ingested_at'])) - before)).toBeLessThan(60_000);
});

describe('a key', () => {
  const ask = (by: string, query: Query) => spoor.send('GET', '/api/v1/clicks', { key: by, query });
  let visitorKey: string;
  let otherKey: string;
  let cursor: string;
  beforeAll(async () => {
    visitorKey = await spoor.createKey('me', ['clicks:read', 'visitors:read']);
    otherKey = await spoor.createKey('other', ['clicks:read', 'clicks:write', 'urls:write']);
    const other = { short_code: 'theirs', clicked_at: START, click_id: 'theirs' };
    await add([other], otherKey);
    await add([other, other].map((click) => ({ ...click, short_code: 'mine' })));
    await spoor.send('PUT', '/api/v1/urls/theirs', { key: otherKey, json: { private_stats: false } });
    const query = { ...RANGE, limit: '1', visitors: 'true', short_code: 'mine' };
    cursor = (await ask(visitorKey, query)).json.next_cursor;
  });

  test('sees its own clicks alone, an administrator every owner’s', async () => {
    const all = async (by: string, query: Query = {}) =>
      (await ask(by, { ...RANGE, limit: '10000', fields: 'owner_id', ...query })).json.items;
    expect(await all(otherKey)).toEqual([{ owner_id: 'other' }]);
    const { createKey } = spoor;
    const admin = await createKey('root', ['admin:all']);
    expect(await all(admin)).toEqual([]);
    const owners = new Set(
      (await all(admin, { owner_id: '*', order: 'link' })).map((item: Item) => item['owner_id']),
    );
    expect([...owners]).toEqual(['me', 'other']);
    expect((await ask(otherKey, { owner_id: 'me' })).status).toBe(403);
    // Whoever may see its statistics.
    expect((await ask(key, { scope: 'anon', short_code: 'theirs' })).status).toBe(403);
    expect(await all(otherKey, { scope: 'anon', short_code: 'theirs' })).toHaveLength(1);
  });

  test('sees visitors with visitors:read, also on a later page', async () => {
    const { json } = await ask(visitorKey, { cursor });
    expect(json.items[0].visitor).toMatch(/^[0-9a-f]{16}$/);
    expect((await ask(key, { ...RANGE, visitors: 'true' })).status).toBe(403);
    expect((await ask(key, { cursor })).status).toBe(403);
  });

  test('is refused a cursor of another owner, or one that is changed', async () => {
    const flipped = `${cursor.slice(0, 40)}${cursor[40] === 'A' ? 'B' : 'A'}${cursor.slice(41)}`;
    for (const [by, sent] of [
      [otherKey, cursor],
      [visitorKey, flipped],
      [visitorKey, `${cursor}A`],
      [visitorKey, 'x'],
    ] as const) {
      const { status, json } = await ask(by, { cursor: sent });
      expect([status, json.field]).toEqual([400, 'cursor']);
    }
  });

  test('may send its parameters with a cursor, but no others', async () => {
    const asked = { ...RANGE, visitors: 'true', short_code: 'mine' };
    const items = async (query: Query) => (await ask(visitorKey, { ...query, cursor })).json.items.length;
    expect([await items({}), await items(asked), await items({ ...asked, limit: '5' })]).toEqual([1, 1, 1]);
    // Sent against caches, which every route ignores.
    expect([await items({ _: '1', cb: '2' }), await items({ ...asked, t: '3' })]).toEqual([1, 1]);
    const others: readonly Query[] = [
      { ...asked, country: 'DE' },
      { ...asked, short_code: 'other' },
      { short_code: 'mine' },
      { order: 'newest' },
    ];
    for (const other of others) {
      const { status, json } = await ask(visitorKey, { ...other, cursor });
      expect([status, json.field]).toEqual([400, 'cursor']);
    }
    const changes = '/api/v1/clicks/changes';
    const { next_cursor: after } = (await spoor.send('GET', changes, { key, query: { country: 'DE' } })).json;
    const follow = (query: Query) =>
      spoor.send('GET', changes, { key, query: { ...query, after, wait: '0' } });
    expect((await follow({ country: 'DE' })).status).toBe(200);
    expect((await follow({ country: 'FR' })).json.field).toBe('after');
  });

  test('is told what is wrong with its parameters', async () => {
    for (const [query, field] of [
      [{ limit: '10001' }, 'limit'],
      [{ cursor, limit: '0' }, 'limit'],
      [{ fields: 'visitor' }, 'fields'],
      [{ order: 'random' }, 'order'],
      [{ group_by: 'time' }, 'group_by'],
    ] as const) {
      const { status, json } = await ask(key, query);
      expect([status, json.field]).toEqual([400, field]);
    }
  });

  test('does not see the clicks of a URL that was deleted', async () => {
    await add([{ short_code: 'deleted', clicked_at: START, click_id: 'deleted' }]);
    const items = async () => (await ask(key, { ...RANGE, short_code: 'deleted' })).json.items;
    expect(await items()).toHaveLength(1);
    await spoor.send('DELETE', '/api/v1/urls/deleted', { key });
    expect(await items()).toEqual([]);
  });
});

describe('changes', () => {
  const CHANGES = '/api/v1/clicks/changes';
  const follow = async (query: Query) => {
    const { status, json } = await spoor.send('GET', CHANGES, { key, query });
    expect(status).toBe(200);
    return json;
  };

  test('hold each click exactly once, whoever sends it and whatever its time, while others are sent', async () => {
    const begun = await follow({ fields: 'click_id' });
    expect(begun.items).toEqual([]);
    const writers = 4;
    const batches = 6;
    const each = 25;
    let sending = writers;
    const sent: string[] = [];
    const write = async (writer: number): Promise<void> => {
      for (let batch = 0; batch < batches; batch++) {
        const clicks = randomClicks(each, `w${writer}-${batch}`);
        sent.push(...clicks.map(({ click_id: id }) => id));
        // Of the second instance, which the first one is not told of.
        const by = writer % 2 === 0 ? spoor : second;
        const options =
          batch % 3 === 0
            ? { key, ndjson: clicks, headers: { 'idempotency-key': `w${writer}-${batch}` } }
            : { key, ndjson: clicks };
        expect((await by.send('POST', '/api/v1/clicks', options)).json.accepted).toBe(each);
      }
      sending--;
    };
    const items: Item[] = [];
    const read = async (): Promise<void> => {
      let cursor: string = begun.next_cursor;
      for (let isLast = false; !isLast;) {
        isLast = sending === 0;
        const page = await follow({ after: cursor, limit: '40', wait: '0' });
        items.push(...page.items);
        cursor = page.next_cursor;
        if (page.items.length > 0) isLast = false;
      }
    };
    await Promise.all([read(), ...Array.from({ length: writers }, (_, writer) => write(writer))]);
    expect(idsOf(items)).toEqual(sent.toSorted());
  });

  test('pass over no click of an insert that takes long, whoever makes it', async () => {
    const begun = await follow({ short_code: 'slow', fields: 'click_id' });
    let isInserting = true;
    // Each row is stamped long before any of them can be read.
    const inserting = spoor.database
      .commandText(
        `INSERT INTO clicks (owner_id, short_code, clicked_at, visitor, click_id)
        SELECT 'me', 'slow', now64(3), number, toString(number) FROM numbers(6) WHERE sleepEachRow(0.3) = 0
        SETTINGS max_block_size = 1, max_threads = 1`,
      )
      .finally(() => (isInserting = false));
    const items: Item[] = [];
    let cursor: string = begun.next_cursor;
    for (let isLast = false; !isLast;) {
      isLast = !isInserting;
      const page = await follow({ after: cursor, wait: '0' });
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    await inserting;
    expect(idsOf(items)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('wait for a click, of this instance or of another', async () => {
    let { next_cursor: cursor } = await follow({ short_code: 'awaited', fields: 'click_id' });
    for (const [index, by] of [spoor, second].entries()) {
      const waiting = follow({ after: cursor, wait: '30' });
      const click = { short_code: 'awaited', click_id: `waited-${index}` };
      await by.send('POST', '/api/v1/clicks', { key, json: { ...click, short_code: 'another' } });
      await by.send('POST', '/api/v1/clicks', { key, json: click });
      const { items, next_cursor: next } = await waiting;
      expect(items).toEqual([{ click_id: click.click_id }]);
      cursor = next;
    }
    expect((await follow({ after: cursor, wait: '1' })).items).toEqual([]);
  });

  test('take no cursor of another kind, no wait of minutes', async () => {
    await add(['1', '2'].map((id) => ({ short_code: 'paged', clicked_at: START, click_id: id })));
    const { json } = await spoor.send('GET', '/api/v1/clicks', { key, query: { ...RANGE, limit: '1' } });
    expect(json.next_cursor).toEqual(expect.any(String));
    for (const [query, field] of [
      [{ after: json.next_cursor }, 'after'],
      [{ wait: '61' }, 'wait'],
      [{ range: 'today' }, 'range'],
    ] as const) {
      const refused = await spoor.send('GET', CHANGES, { key, query });
      expect([refused.status, refused.json.field]).toEqual([400, field]);
    }
    const { next_cursor: cursor } = await follow({});
    const other = await spoor.createKey('stranger', ['clicks:read']);
    const foreign = await spoor.send('GET', CHANGES, { key: other, query: { after: cursor } });
    expect([foreign.status, foreign.json.field]).toEqual([400, 'after']);
  });

  test('are waited for by so many at once, and no longer than their clients stay', async () => {
    const { next_cursor: cursor } = await follow({ short_code: 'never' });
    const leaving = new AbortController();
    const waiting = Array.from({ length: 16 }, () =>
      fetch(`${spoor.url}${CHANGES}?wait=60&after=${cursor}`, {
        headers: { authorization: `Bearer ${key}` },
        signal: leaving.signal,
      }).catch(() => {}),
    );
    await waitUntil('all of them to wait', async () => (await inUse()) === 16);
    const { status, json } = await spoor.send('GET', CHANGES, { key, query: { after: cursor, wait: '1' } });
    expect([status, json.code]).toEqual([503, 'unavailable']);
    leaving.abort();
    await Promise.all(waiting);
    await waitUntil('none of them to wait', async () => (await inUse()) === 0);
  });

  const inUse = async (): Promise<number> => {
    const { text } = await spoor.send('GET', '/metrics');
    return Number(/^spoor_share_in_use\{resource="followers"\} (\d+)$/m.exec(text)?.[1]);
  };
});
