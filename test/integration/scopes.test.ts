import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rootOf } from '../../src/clicks/import/batches.ts';
import { createDocument } from '../../src/http/openapi/document.ts';
import { METHODS } from '../../src/http/openapi/model.ts';
import { SCOPES, type Scope } from '../../src/keys/scopes.ts';
import { allRoutes } from '../support/routes.ts';
import { type SendOptions, type TestSpoor, startSpoor } from '../support/spoor.ts';

interface Guarded {
  /** Scopes of which a key needs one; `admin:all` does for every route. */
  readonly scopes: readonly Scope[];
  /** A request that is right but for its key. */
  readonly path: string;
  readonly options?: SendOptions;
}

const PARENT = rootOf('ndjson', []);
const BATCH = { format: 'ndjson', columns: [], parent: PARENT, first_line: 1, owner: 'x' };
const SEED = { clicks: 0, owners: ['x'], urls: 1, days: 1, seed: 1, end: 1_700_000_000_000, from: 0, to: 0 };
const NEW_KEY = { owner_id: 'x', name: 'x', scopes: ['stats:read'] };

const PUBLIC = [
  '/health',
  '/ready',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/style.css',
  '/',
  '/assets/:name',
].map((path) => `GET ${path}`);

const GUARDED: Readonly<Record<string, Guarded>> = {
  'GET /api/v1/stats': { scopes: ['stats:read', 'urls:read'], path: '/api/v1/stats' },
  'GET /api/v1/export': { scopes: ['stats:read', 'urls:read'], path: '/api/v1/export?format=json' },
  'POST /api/v1/clicks': { scopes: ['clicks:write'], path: '/api/v1/clicks', options: { ndjson: [] } },
  'DELETE /api/v1/clicks': {
    scopes: [],
    path: '/api/v1/clicks',
    options: { json: { short_code: 'none' } },
  },
  'GET /api/v1/urls': { scopes: ['urls:read'], path: '/api/v1/urls' },
  'GET /api/v1/urls/:short_code': { scopes: ['urls:read'], path: '/api/v1/urls/mine' },
  'PUT /api/v1/urls/:short_code': {
    scopes: ['urls:write'],
    path: '/api/v1/urls/mine',
    options: { json: {} },
  },
  'DELETE /api/v1/urls/:short_code': { scopes: ['urls:write'], path: '/api/v1/urls/none' },
  'GET /api/v1/keys': { scopes: [], path: '/api/v1/keys' },
  'POST /api/v1/keys': { scopes: [], path: '/api/v1/keys', options: { json: NEW_KEY } },
  'DELETE /api/v1/keys/:id': { scopes: [], path: '/api/v1/keys/none' },
  'GET /control/ping': { scopes: [], path: '/control/ping' },
  'GET /control/import/following/:parent': { scopes: [], path: `/control/import/following/${PARENT}` },
  'POST /control/import': {
    scopes: [],
    path: '/control/import',
    options: { body: '', headers: { 'x-spoor-batch': encodeURIComponent(JSON.stringify(BATCH)) } },
  },
  'POST /control/backup': { scopes: [], path: '/control/backup' },
  'POST /control/seed': { scopes: [], path: '/control/seed', options: { json: SEED } },
};

let spoor: TestSpoor;
const keys = new Map<Scope, string>();
beforeAll(async () => {
  spoor = await startSpoor();
  for (const scope of SCOPES) keys.set(scope, await spoor.createKey('somebody', [scope]));
  await spoor.send('PUT', '/api/v1/urls/mine', { json: { owner_id: 'somebody' } });
});
afterAll(() => spoor.stop());

test('every route is either known to be public or guarded below', () => {
  const declared = allRoutes().map(({ method, pattern }) => `${method} ${pattern}`);
  expect(declared.toSorted()).toEqual([...PUBLIC, ...Object.keys(GUARDED)].toSorted());
});

describe.each(Object.entries(GUARDED))('%s', (route, { scopes, path, options }) => {
  const [method = '', pattern = ''] = route.split(' ');

  test('is documented with the scopes it takes', () => {
    if (pattern.startsWith('/control/')) return;
    const item = createDocument().paths[pattern.replaceAll(/:(\w+)/g, '{$1}')];
    const operation = METHODS.flatMap((one) => (one === method.toLowerCase() ? [item?.[one]] : []))[0];
    const documented = operation?.security.flatMap((one) => one['ApiKey'] ?? []);
    expect(documented?.toSorted()).toEqual([...scopes, 'admin:all'].toSorted());
  });

  test('takes a key', async () => {
    const { status, json } = await spoor.send(method, path, { ...options, key: null });
    expect([status, json.code]).toEqual([401, 'authentication_error']);
  });

  test.each(SCOPES)('is open to a key of %s only if it says so', async (scope) => {
    const { status, json } = await spoor.send(method, path, { ...options, key: keys.get(scope) ?? '' });
    if (scope === 'admin:all' || scopes.includes(scope)) expect([200, 201, 204, 404]).toContain(status);
    else expect([status, json.code]).toEqual([403, 'forbidden']);
  });
});
