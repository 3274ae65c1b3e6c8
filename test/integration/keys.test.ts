import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { stopSharing, waitUntil } from '../support/process.ts';
import { ADMIN_KEY, type TestSpoor, startSpoor } from '../support/spoor.ts';

const DAY_MS = 86_400_000;
const FUTURE = new Date(Date.now() + DAY_MS).toISOString();
const ALL_SCOPES = [
  'stats:read',
  'clicks:read',
  'visitors:read',
  'urls:read',
  'urls:write',
  'clicks:write',
  'admin:all',
];

describe('keys', () => {
  let first: TestSpoor;
  let second: TestSpoor;
  beforeAll(async () => {
    first = await startSpoor();
    second = await startSpoor({ CLICKHOUSE_DATABASE: first.database.name });
    await first.send('PUT', '/api/v1/urls/public', { json: { private_stats: false } });
  });
  afterAll(() => stopSharing([second, first]));

  const create = (fields: object = {}, key?: string | null) =>
    first.send('POST', '/api/v1/keys', {
      json: { owner_id: 'me', name: 'a name', scopes: ['stats:read'], ...fields },
      ...(key === undefined ? {} : { key }),
    });
  const list = async () => (await first.send('GET', '/api/v1/keys')).json.items;

  test('a new key is shown once, whole, with its defaults', async () => {
    const before = Date.now();
    const { status, json } = await create({ scopes: ['urls:read', 'stats:read'] });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.stringMatching(/\S/),
      key: expect.stringMatching(/^spoo_\S{24,}$/),
      owner_id: 'me',
      name: 'a name',
      scopes: ['urls:read', 'stats:read'],
      expires_at: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      rate_limit: 'standard',
    });
    const created = Date.parse(json.created_at);
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());

    const { key, ...rest } = json;
    const answer = await first.send('GET', '/api/v1/keys');
    expect(answer.json.items).toContainEqual(rest);
    expect(answer.text).not.toContain(key);
    expect(answer.text).not.toContain(createHash('sha256').update(key).digest('hex'));
  });

  test('only its SHA-256 is stored', async () => {
    const { id, key } = (await create()).json;
    const rows = await first.database.rows<[string, string]>(sql`
      SELECT key_sha256, formatRow('TSKV', *) FROM api_keys WHERE id = ${param('String', id)}`);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.[0]).toBe(createHash('sha256').update(key).digest('hex'));
    expect(rows[0]?.[1]).not.toContain(key.slice('spoo_'.length));
  });

  test('two keys of equal fields are two keys', async () => {
    const [a, b] = [(await create()).json, (await create()).json];
    expect(a.id).not.toBe(b.id);
    expect(a.key).not.toBe(b.key);
  });

  test('what is given is kept', async () => {
    const { json } = await create({ rate_limit: 'unlimited', expires_at: FUTURE, name: 'Ünïcode 🦊' });
    expect(json).toMatchObject({ rate_limit: 'unlimited', expires_at: FUTURE, name: 'Ünïcode 🦊' });
    const seconds = Math.floor(Date.parse(FUTURE) / 1000);
    expect((await create({ expires_at: seconds })).json.expires_at).toBe(
      new Date(seconds * 1000).toISOString(),
    );
    expect((await create({ expires_at: null })).json.expires_at).toBeNull();
  });

  test.each<[string, unknown]>([
    ['expires_at', new Date(Date.now() - 1_000).toISOString()],
    ['expires_at', '2001-01-01'],
    ['expires_at', 0],
    ['expires_at', 'tomorrow'],
    ['owner_id', undefined],
    ['owner_id', ''],
    ['owner_id', 5],
    ['name', undefined],
    ['name', 5],
    ['scopes', undefined],
    ['scopes', []],
    ['scopes', 'stats:read'],
    ['scopes', ['stats:read', 'everything']],
    ['scopes', ['stats:read', 'SHORTEN:CREATE']],
    ['scopes', ['shorten:create', 'urls:manage']],
    ['rate_limit', 'fast'],
  ])('a wrong %s is 400 and names it: %j', async (field, value) => {
    const before = (await list()).length;
    const { status, json } = await create({ [field]: value });
    expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
    expect(await list()).toHaveLength(before);
  });

  test('scopes for what Spoor does not do are named in warnings, and given to no key', async () => {
    const foreign = ['shorten:create', 'urls:manage', 'domains:read', 'domains:manage', 'reports:create'];
    const { status, json } = await create({ scopes: [...foreign, 'stats:read', 'keys:manage'] });
    expect([status, json.scopes]).toEqual([201, ['stats:read']]);
    expect(json.warnings).toEqual(
      [...foreign, 'keys:manage'].map((scope) => ({
        field: 'scopes',
        warning: expect.stringContaining(scope),
      })),
    );
    const { key, warnings: _, ...rest } = json;
    expect(await list()).toContainEqual(rest);
    expect((await first.send('GET', '/api/v1/stats', { key })).status).toBe(200);
    expect((await first.send('PUT', '/api/v1/urls/mine', { key, json: {} })).status).toBe(403);
  });

  test('a body that is not JSON is 400, another content type 415', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await first.send('POST', '/api/v1/keys', { body: '{', headers })).status).toBe(400);
    expect((await first.send('POST', '/api/v1/keys', { body: '[]', headers })).status).toBe(400);
    expect((await first.send('POST', '/api/v1/keys', { ndjson: [{}] })).status).toBe(415);
  });

  test('keys take admin:all, whatever else a key may', async () => {
    const key = await first.createKey(
      'me',
      ALL_SCOPES.filter((scope) => scope !== 'admin:all'),
    );
    const { id } = (await create()).json;
    expect((await create({}, key)).status).toBe(403);
    expect((await first.send('GET', '/api/v1/keys', { key })).status).toBe(403);
    expect((await first.send('DELETE', `/api/v1/keys/${id}`, { key })).status).toBe(403);
    expect((await create({}, null)).status).toBe(401);
    const admin = await first.createKey('someone', ['admin:all']);
    expect((await create({ owner_id: 'anyone' }, admin)).status).toBe(201);
  });

  /** The routes, and the scopes beside admin:all that each takes. */
  const ROUTES: readonly (readonly [string, string, readonly string[], object?])[] = [
    ['GET', '/api/v1/stats', ['stats:read', 'urls:read']],
    ['GET', '/api/v1/urls', ['urls:read']],
    ['GET', '/api/v1/urls/mine', ['urls:read']],
    ['PUT', '/api/v1/urls/mine', ['urls:write'], {}],
    ['DELETE', '/api/v1/urls/gone', ['urls:write']],
    ['POST', '/api/v1/clicks', ['clicks:write'], { short_code: 'mine' }],
    ['GET', '/api/v1/keys', []],
    ['DELETE', '/api/v1/keys/gone', []],
  ];

  test('a key may know whose it is and what it may do, and no more', async () => {
    const { key, id } = (await create({ owner_id: 'Ünïcode 🦊', scopes: ['clicks:write', 'urls:read'] }))
      .json;
    const { status, json, headers } = await first.send('GET', '/api/v1/keys/current', { key });
    const expected = {
      id,
      owner_id: 'Ünïcode 🦊',
      scopes: ['clicks:write', 'urls:read'],
      rate_limit: 'standard',
    };
    expect([status, json, headers.get('cache-control')]).toEqual([200, expected, 'no-store']);
    const { json: admin } = await first.send('GET', '/api/v1/keys/current');
    expect(admin).toMatchObject({ owner_id: 'admin', scopes: ['admin:all'] });
  });

  describe.each(ROUTES)('%s %s', (...[method, path, scopes, json]) => {
    test('takes its scopes and admin:all, no other', async () => {
      const allowed: string[] = [];
      for (const scope of ALL_SCOPES) {
        const key = await first.createKey('me', [scope]);
        const { status } = await first.send(method, path, { key, ...(json === undefined ? {} : { json }) });
        expect([401, 500]).not.toContain(status);
        if (status !== 403) allowed.push(scope);
      }
      expect(allowed).toEqual([...scopes, 'admin:all']);
    });
  });

  test('a revoked key is refused at once, and soon by another instance', async () => {
    const { id, key } = (await create()).json;
    const ask = (spoor: TestSpoor) => spoor.send('GET', '/api/v1/stats', { key });
    for (const spoor of [first, second]) expect((await ask(spoor)).status).toBe(200);
    const revoked = await first.send('DELETE', `/api/v1/keys/${id}`);
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect((await ask(first)).status).toBe(401);
    await waitUntil('the other instance to refuse', async () => (await ask(second)).status === 401);
    expect((await list()).some((listed: { id: string }) => listed.id === id)).toBe(false);
    expect((await first.send('DELETE', `/api/v1/keys/${id}`)).status).toBe(404);
  });

  test('a key that another instance just made works', async () => {
    const { key } = (await create()).json;
    expect((await second.send('GET', '/api/v1/stats', { key })).status).toBe(200);
  });

  test('a key stops working when its time is up', async () => {
    const { key } = (await create({ expires_at: new Date(Date.now() + 1_000).toISOString() })).json;
    const ask = () => first.send('GET', '/api/v1/stats', { key });
    await waitUntil('the key to expire', async () => (await ask()).status === 401);
  });

  describe('an Authorization that does not hold is 401', () => {
    const unknown = `Bearer spoo_${'x'.repeat(43)}`;

    test.each<[string, string]>([
      ...ROUTES.map(([method, path]): [string, string] => [method, path]),
      ['GET', '/health'],
      ['GET', '/ready'],
      ['GET', '/metrics'],
      ['GET', '/api/v1/stats?scope=anon&short_code=public'],
      ['GET', '/api/v1/stats?scope=anon&short_code=nowhere'],
      ['GET', '/api/v1/stats?scope=nonsense'],
      ['PUT', '/api/v1/urls/%ZZ'],
    ])('on %s %s', async (method, path) => {
      const { status, json, headers } = await first.send(method, path, {
        key: null,
        headers: { authorization: unknown },
      });
      expect([status, json.code]).toEqual([401, 'authentication_error']);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    });

    test.each(['Bearer', 'Bearer ', 'Basic YTpi', 'spoo_x', 'Bearer a b', 'Token x', 'Bearer ü'])(
      '%j',
      async (authorization) => {
        const { status } = await first.send('GET', '/api/v1/stats?scope=anon&short_code=public', {
          key: null,
          headers: { authorization: Buffer.from(authorization).toString('latin1') },
        });
        expect(status).toBe(401);
      },
    );

    test('but an unknown route is 404 and a wrong method 405 before it', async () => {
      const headers = { authorization: unknown };
      const nowhere = await first.send('GET', '/api/v1/nowhere', { key: null, headers });
      expect([nowhere.status, nowhere.json.code]).toEqual([404, 'not_found']);
      const method = await first.send('PATCH', '/api/v1/keys', { key: null, headers });
      expect(method.status).toBe(405);
    });
  });

  test('after the key comes its scope, then the body, then what it is about', async () => {
    const reader = await first.createKey('me', ['stats:read']);
    const steps: readonly (readonly [string | null, object, number])[] = [
      [null, { expires_at: '2001-01-01' }, 401],
      [reader, { expires_at: '2001-01-01' }, 403],
      [ADMIN_KEY, { expires_at: '2001-01-01' }, 400],
    ];
    for (const [key, fields, status] of steps) expect((await create(fields, key)).status).toBe(status);
    expect((await first.send('DELETE', '/api/v1/keys/gone', { key: reader })).status).toBe(403);
    expect((await first.send('DELETE', '/api/v1/keys/gone')).status).toBe(404);
  });
});
