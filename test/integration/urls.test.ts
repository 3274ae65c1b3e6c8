import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { stopSharing } from '../support/process.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

describe('URLs', () => {
  let spoor: TestSpoor;
  let other: TestSpoor;
  let mine: string;
  let theirs: string;
  let count = 0;
  beforeAll(async () => {
    spoor = await startSpoor();
    other = await startSpoor({ CLICKHOUSE_DATABASE: spoor.database.name });
    mine = await spoor.createKey('me');
    theirs = await spoor.createKey('them');
  });
  afterAll(() => stopSharing([other, spoor]));

  const newCode = (): string => `url-${++count}`;
  const pathOf = (code: string): string => `/api/v1/urls/${encodeURIComponent(code)}`;
  const put = (code: string, json: object = {}, key: string | null = mine): Promise<TestResponse> =>
    spoor.send('PUT', pathOf(code), { json, key });
  const get = (code: string, key: string | null = mine) => spoor.send('GET', pathOf(code), { key });
  const remove = (code: string, key: string | null = mine) => spoor.send('DELETE', pathOf(code), { key });
  const click = (code: string, fields: object = {}, to = spoor) =>
    to.send('POST', '/api/v1/clicks', { key: mine, json: { short_code: code, ...fields } });
  const total = async (query: Record<string, string>, key = mine, from = spoor): Promise<number> => {
    const asked = { start_date: '2000-01-01', group_by: 'browser', ...query };
    return (await from.send('GET', '/api/v1/stats', { key, query: asked })).json.summary.total_clicks;
  };

  test('a new one is 201 with its defaults, and is then there', async () => {
    const code = newCode();
    const before = Date.now();
    const { status, json } = await put(code);
    expect(status).toBe(201);
    expect(json).toEqual({
      id: code,
      alias: code,
      short_code: code,
      owner_id: 'me',
      status: 'ACTIVE',
      password_set: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      private_stats: true,
      long_url: null,
      tags: [],
    });
    expect(Date.parse(json.created_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(json.created_at)).toBeLessThanOrEqual(Date.now());
    expect([(await get(code)).status, (await get(code)).json]).toEqual([200, json]);
  });

  test('one is found by a domain and its code, first as imports with hosts have it', async () => {
    const code = newCode();
    const find = (path: string, key = mine) => spoor.send('GET', `/api/v1/urls/${path}`, { key });
    await put(code);
    expect((await find(`go.example/${code}`)).json).toEqual((await get(code)).json);
    await put(`go.example/${code}`);
    expect((await find(`go.example/${code}`)).json.short_code).toBe(`go.example/${code}`);
    expect((await find(`other.example/${code}`)).json.short_code).toBe(code);
    expect((await find(`go.example/${code}`, theirs)).status).toBe(403);
    expect((await find(`go.example/${newCode()}`)).status).toBe(404);
  });

  test('a change is 200 and keeps what it leaves out', async () => {
    const code = newCode();
    const given = {
      created_at: '2020-02-29T12:00:00.500Z',
      private_stats: false,
      long_url: 'https://example.com/a?b=c#d',
      tags: ['spring', 'one, two'],
    };
    expect((await put(code, given)).json).toMatchObject(given);
    const changes: readonly (readonly [object, object])[] = [
      [{}, given],
      [{ private_stats: true }, { ...given, private_stats: true }],
      [
        { long_url: 'https://example.org/' },
        { ...given, private_stats: true, long_url: 'https://example.org/' },
      ],
      [
        { owner_id: 'me', tags: [' b ', 'B', 'b', '\u00e9', 'e\u0301'] },
        {
          ...given,
          private_stats: true,
          long_url: 'https://example.org/',
          tags: ['b', 'B', '\u00e9', 'e\u0301'],
        },
      ],
      [{ tags: [] }, { ...given, private_stats: true, long_url: 'https://example.org/', tags: [] }],
    ];
    for (const [change, expected] of changes) {
      const { status, json } = await put(code, change);
      const names = { id: code, alias: code, short_code: code };
      const always = { status: 'ACTIVE', password_set: false };
      expect([status, json]).toEqual([200, { ...names, owner_id: 'me', ...expected, ...always }]);
      expect((await get(code)).json).toEqual(json);
    }
  });

  test.each([
    'a/b',
    '/leading',
    'with space',
    'ü🦊',
    '100%',
    'a?b#c',
    'a+b',
    'quote\'quote"',
    'back\\slash',
    'a,b',
    '007',
    'x'.repeat(128),
  ])('a percent-encoded code is taken as it is: %s', async (code) => {
    expect((await put(code)).json.short_code).toBe(code);
    expect((await get(code)).json.short_code).toBe(code);
    await click(code);
    expect(await total({ scope: 'anon', short_code: code })).toBe(1);
    expect((await remove(code)).status).toBe(204);
    expect((await get(code)).status).toBe(404);
  });

  test.each([
    ['%ZZ', 'not percent-encoding'],
    ['%ff', 'not UTF-8'],
    ['a%00b', 'a control character'],
    ['a%0Ab', 'a line break'],
    ['x'.repeat(129), 'too long'],
  ])('a code in the path that is none is 400: %s, %s', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const options = method === 'PUT' ? { json: {}, key: mine } : { key: mine };
      const { status, json } = await spoor.send(method, `/api/v1/urls/${path}`, options);
      expect([method, status, json.code]).toEqual([method, 400, 'validation_error']);
    }
  });

  test.each<[string, unknown]>([
    ['owner_id', 5],
    ['owner_id', ''],
    ['created_at', 'once'],
    ['created_at', 20260101],
    ['created_at', true],
    ['private_stats', 'yes'],
    ['long_url', 'not a url'],
    ['long_url', 'https://example.com/\ud800'],
    ['long_url', 5],
    ['tags', 'spring'],
    ['tags', ['spring', 5]],
    ['tags', ['']],
    ['tags', ['a', ' \u00a0']],
    ['tags', ['x'.repeat(65)]],
    ['tags', ['a\nb']],
    ['tags', ['\ud800']],
    ['tags', Array.from({ length: 21 }, (_, index) => `tag ${index}`)],
  ])('a wrong %s is 400 and names it: %j', async (field, value) => {
    const code = newCode();
    const { status, json } = await put(code, { [field]: value });
    expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
    expect((await get(code)).status).toBe(404);
  });

  test('another owner’s URL is 403 to see, change and delete; admin:all may', async () => {
    const code = newCode();
    await put(code);
    for (const ask of [get(code, theirs), put(code, {}, theirs), remove(code, theirs)]) {
      const { status, json } = await ask;
      expect([status, json.code]).toEqual([403, 'forbidden']);
    }
    const admin = await spoor.createKey('root', ['admin:all']);
    expect((await get(code, admin)).json.owner_id).toBe('me');
    expect((await put(code, { private_stats: false }, admin)).json).toMatchObject({ owner_id: 'me' });
    expect((await remove(code, admin)).status).toBe(204);
  });

  test('only admin:all may name another owner, and an owner does not change', async () => {
    const code = newCode();
    expect((await put(code, { owner_id: 'them' })).status).toBe(403);
    const admin = await spoor.createKey('root', ['admin:all']);
    expect((await put(code, { owner_id: 'them' }, admin)).json.owner_id).toBe('them');
    const changed = await put(code, { owner_id: 'me', private_stats: false }, admin);
    expect([changed.status, changed.json.code]).toEqual([409, 'conflict']);
    expect((await get(code, theirs)).json).toMatchObject({ owner_id: 'them', private_stats: true });
  });

  test('the list holds an owner’s own, page by page, each once; an administrator’s everybody’s', async () => {
    const owner = await spoor.createKey('lister');
    const codes = Array.from({ length: 7 }, (_, place) => `list-${place}`);
    for (const code of codes.toReversed()) await put(code, {}, owner);
    await remove('list-3', owner);
    await put(newCode());
    const wanted = codes.filter((code) => code !== 'list-3');
    for (const limit of [1, 2, 3, 6, 7]) {
      const pages: string[][] = [];
      let cursor: string | null = null;
      do {
        const query: Record<string, string> = {
          limit: String(limit),
          ...(cursor === null ? {} : { cursor }),
        };
        const { json } = await spoor.send('GET', '/api/v1/urls', { key: owner, query });
        pages.push(json.items.map(({ short_code }: { short_code: string }) => short_code));
        cursor = json.next_cursor;
      } while (cursor !== null);
      expect(pages.flat().toSorted()).toEqual(wanted);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }
    const [item] = (await spoor.send('GET', '/api/v1/urls', { key: owner })).json.items;
    expect(item).toEqual((await get(item.short_code, owner)).json);
    const all = (await spoor.send('GET', '/api/v1/urls?limit=1000')).json.items;
    const owners = new Set(all.map(({ owner_id }: { owner_id: string }) => owner_id));
    expect([...owners]).toEqual(expect.arrayContaining(['lister', 'me']));
  });

  describe('the list by pages', () => {
    /** Two of one time; the texts to search stand in codes and in long URLs. */
    const URLS = [
      ['page-a', '2026-01-03', 'https://example.com/Winter'],
      ['page-b', '2026-01-01', 'https://example.com/'],
      ['page-c', '2026-01-03', null],
      ['page-winter', '2026-01-02', null],
      ['page-e', '2025-12-31', 'https://example.org/ÜBER'],
    ] as const;
    const tagsOf = (url: string | null) => (url === null ? [] : ['one, two']);
    let owner: string;
    beforeAll(async () => {
      owner = await spoor.createKey('pager');
      for (const [code, created_at, long_url] of URLS) {
        await put(code, { created_at, long_url, tags: [code, ...tagsOf(long_url)] }, owner);
      }
    });
    const ask = (query: Record<string, string>) => spoor.send('GET', '/api/v1/urls', { key: owner, query });
    const codesOf = (items: readonly { readonly alias: string }[]) => items.map(({ alias }) => alias);

    const FILTERS: readonly (readonly [object, (url: (typeof URLS)[number]) => boolean])[] = [
      [{}, () => true],
      [{ status: 'ACTIVE', passwordSet: false, maxClicksSet: false }, () => true],
      [{ createdAfter: '2026-01-02' }, ([, created]) => created >= '2026-01-02'],
      [{ createdBefore: Date.UTC(2026, 0, 2) / 1000 }, ([, created]) => created <= '2026-01-02'],
      [
        { createdAfter: '2026-01-02T00:00:00Z', createdBefore: '2026-01-02' },
        ([, created]) => created === '2026-01-02',
      ],
      [{ search: 'WINTER' }, ([code, , url]) => /winter/i.test(`${code} ${url}`)],
      [{ search: 'über' }, ([code]) => code === 'page-e'],
      [{ search: '%' }, () => false],
      [{ tag: 'one, two' }, ([, , url]) => url !== null],
      [{ tag: 'page-c', search: 'page' }, ([code]) => code === 'page-c'],
      [{ tag: 'One, two' }, () => false],
      [{ status: 'INACTIVE' }, () => false],
      [{ passwordSet: true }, () => false],
      [{ maxClicksSet: true, search: 'winter' }, () => false],
    ];

    /** Goes through all pages of two. */
    async function check(
      filter: object,
      matches: (url: (typeof URLS)[number]) => boolean,
      sortBy: string,
      sortOrder: string,
    ): Promise<void> {
      const keyOf = ([code, created]: (typeof URLS)[number]): string =>
        sortBy === 'created_at' ? `${created} ${code}` : code;
      const ascending = URLS.filter(matches).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const isDescending = ['descending', 'desc', '-1'].includes(sortOrder);
      const wanted = (isDescending ? ascending.toReversed() : ascending).map(([code]) => code);
      const order = { sortBy, sortOrder, filter: JSON.stringify(filter), pageSize: '2' };
      const pages = Math.max(1, Math.ceil(wanted.length / 2));
      for (let page = 1; page <= pages; page++) {
        const { json } = await ask({ ...order, page: String(page) });
        expect(json).toMatchObject({
          page,
          pageSize: 2,
          total: wanted.length,
          hasNext: page < pages,
          sortBy,
          sortOrder: isDescending ? 'descending' : 'ascending',
        });
        expect(codesOf(json.items)).toEqual(wanted.slice((page - 1) * 2, page * 2));
      }
    }

    test.each(FILTERS)('has those that match %j', async (filter, matches) => {
      await check(filter, matches, 'created_at', 'ascending');
      await check(filter, matches, 'short_code', 'descending');
    });

    const ORDERS = ['created_at', 'alias', 'short_code'].flatMap((sortBy) =>
      ['ascending', 'asc', '1', 'descending', 'desc', '-1'].map((sortOrder) => [sortBy, sortOrder] as const),
    );
    test.each(ORDERS)('is by %s, %s', async (sortBy, sortOrder) => {
      await check({}, () => true, sortBy, sortOrder);
    });

    test('begins with the newest one; the list by cursors with the first code', async () => {
      const newest = ['page-c', 'page-a', 'page-winter', 'page-b', 'page-e'];
      const { json } = await ask({ page: '1' });
      expect(codesOf(json.items)).toEqual(newest);
      expect(json).toMatchObject({ page: 1, pageSize: 20, total: 5, hasNext: false, next_cursor: null });
      expect(codesOf((await ask({ pageSize: '2' })).json.items)).toEqual(newest.slice(0, 2));
      const first = (await ask({ limit: '2' })).json;
      expect(first).toMatchObject({ page: 1, pageSize: 2, total: 5, hasNext: true, sortBy: 'short_code' });
      const second = (await ask({ limit: '3', cursor: first.next_cursor })).json;
      expect(codesOf([...first.items, ...second.items])).toEqual(codesOf((await ask({})).json.items));
      expect(second).toMatchObject({ hasNext: false, next_cursor: null });
    });

    test('beyond the last page is empty', async () => {
      const { json } = await ask({ page: '1000000', pageSize: '1000' });
      expect(json).toMatchObject({ items: [], total: 5, hasNext: false });
    });
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['cursor=%21%21', 'cursor'],
    ['limit=1&limit=2', 'limit'],
    ['page=0', 'page'],
    ['page=1000001', 'page'],
    ['pageSize=1001', 'pageSize'],
    ['limit=1&pageSize=2', 'pageSize'],
    ['cursor=bGF1bmNo&page=2', 'cursor'],
    ['cursor=bGF1bmNo&sortBy=alias', 'cursor'],
    ['sortBy=total_clicks', 'sortBy'],
    ['sortBy=last_click', 'sortBy'],
    ['sortOrder=up', 'sortOrder'],
    ['filter=winter', 'filter'],
    ['filter=[]', 'filter'],
    ['filter={"tagIds":["x"]}', 'filter'],
    ['filter={"status":"GONE"}', 'filter'],
    ['filter={"createdAfter":"soon"}', 'filter'],
    ['filter={"passwordSet":"yes"}', 'filter'],
    ['filterBy={"search":1}', 'filterBy'],
    ['filter={}&filterBy={}', 'filterBy'],
  ])('a list with %s is 400 and names %s', async (query, field) => {
    const { status, json } = await spoor.send('GET', `/api/v1/urls?${query}`, { key: mine });
    expect([status, json.field]).toEqual([400, field]);
  });

  test('what cannot be served of a list says why', async () => {
    const reasonOf = async (query: string) =>
      (await spoor.send('GET', `/api/v1/urls?${query}`, { key: mine })).json.error;
    expect(await reasonOf('filter={"tagIds":["x"]}')).toContain('tagIds, which Spoor does not store');
    expect(await reasonOf('sortBy=total_clicks')).toContain('clicks are not stored with a URL');
  });

  test('the key comes first, then its scope, the body and the URL', async () => {
    const code = newCode();
    const reader = await spoor.createKey('me', ['urls:read']);
    const writer = await spoor.createKey('me', ['urls:write']);
    expect((await put(code, { created_at: 'once' }, null)).status).toBe(401);
    expect((await put(code, { created_at: 'once' }, reader)).status).toBe(403);
    expect((await put(code, { created_at: 'once' }, writer)).status).toBe(400);
    expect((await remove(code, reader)).status).toBe(403);
    expect((await remove(code, writer)).status).toBe(404);
    expect((await get(code, writer)).status).toBe(403);
    expect((await get(code, reader)).status).toBe(404);
    expect((await get(code, null)).status).toBe(401);
  });

  describe('deleting', () => {
    test('takes the clicks out of every answer; registered anew it starts with none', async () => {
      const owner = await spoor.createKey('deleter');
      const [gone, kept] = [newCode(), newCode()];
      for (const code of [gone, gone, kept]) {
        const json = { short_code: code, clicked_at: '2026-01-01' };
        await spoor.send('POST', '/api/v1/clicks', { key: owner, json });
      }
      expect(await total({}, owner)).toBe(3);
      const deleted = await remove(gone, owner);
      expect([deleted.status, deleted.text]).toEqual([204, '']);
      const anon = await spoor.send('GET', `/api/v1/stats?scope=anon&short_code=${gone}`, { key: owner });
      expect(anon.status).toBe(404);
      expect(await total({}, owner)).toBe(1);
      expect(await total({ short_code: gone }, owner)).toBe(0);
      expect(await total({}, owner, other)).toBe(1);
      expect((await remove(gone, owner)).status).toBe(404);

      expect((await put(gone, {}, owner)).status).toBe(201);
      expect(await total({ scope: 'anon', short_code: gone }, owner)).toBe(0);
      expect(await total({}, owner)).toBe(1);
    });

    test('lets another owner take the code, with nothing of the first', async () => {
      const code = newCode();
      await click(code);
      await remove(code);
      expect((await put(code, {}, theirs)).json.owner_id).toBe('them');
      expect(await total({ scope: 'anon', short_code: code }, theirs)).toBe(0);
      expect((await click(code)).status).toBe(422);
    });

    test('while clicks for it keep coming in: those before are gone, those after are there', async () => {
      const code = newCode();
      await click(code);
      let clock = 0;
      const posts: { id: string; began: number; ended: number }[] = [];
      const over = new AbortController();
      const senders = Array.from({ length: 4 }, async (_, sender) => {
        for (let serial = 0; !over.signal.aborted; serial++) {
          const post = { id: `${sender}/${serial}`, began: ++clock, ended: 0 };
          const { status } = await click(code, { click_id: post.id });
          expect(status).toBe(200);
          posts.push({ ...post, ended: ++clock });
        }
      });
      const until = async (length: number) => {
        while (posts.length < length) await click(newCode());
      };
      await until(8);
      const began = ++clock;
      expect((await remove(code)).status).toBe(204);
      const ended = ++clock;
      await until(posts.length + 8);
      over.abort();
      await Promise.all(senders);

      const rows = await spoor.database.rows<[string]>(sql`
        SELECT click_id FROM clicks WHERE short_code = ${param('String', code)}`);
      const stored = new Set(rows.map(([id]) => id));
      const before = posts.filter((post) => post.ended < began);
      const after = posts.filter((post) => post.began > ended);
      expect(before.length).toBeGreaterThan(0);
      expect(after.length).toBeGreaterThan(0);
      expect(before.filter(({ id }) => stored.has(id))).toEqual([]);
      expect(after.filter(({ id }) => !stored.has(id))).toEqual([]);
      expect(await total({ scope: 'anon', short_code: code })).toBe(stored.size);

      await remove(code);
      expect((await put(code)).status).toBe(201);
      expect(await total({ scope: 'anon', short_code: code })).toBe(0);
    });

    test('here, a click taken by another instance right after registers the URL anew', async () => {
      const code = newCode();
      await put(code);
      expect((await click(code, {}, other)).status).toBe(200);
      await remove(code);
      expect((await click(code, {}, other)).json).toEqual({ accepted: 1, rejected: [] });
      expect((await get(code)).status).toBe(200);
      expect(await total({ scope: 'anon', short_code: code })).toBe(1);
    });
  });
});
