import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const PAGE = 'https://app.example.com';

/** Answers of every kind: data, errors of each layer, nothing at all, a stream with a head written by hand. */
const ANSWERS: readonly (readonly [string, string, number])[] = [
  ['GET', '/health', 200],
  ['GET', '/metrics', 200],
  ['GET', '/api/v1/stats', 200],
  ['GET', '/api/v1/stats?limit=none', 400],
  ['GET', '/api/v1/nothing', 404],
  ['POST', '/api/v1/stats', 405],
  ['DELETE', '/api/v1/urls/none', 404],
  ['GET', '/api/v1/export?format=csv', 200],
  ['GET', '/api/v1/export?format=none', 422],
  ['OPTIONS', '/api/v1/stats', 200],
];

const PREFLIGHT = {
  'access-control-request-method': 'GET',
  'access-control-request-headers': 'authorization',
};

describe('without SPOOR_CORS_ORIGINS', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());

  test.each(ANSWERS)(
    '%s %s (%i) tells a browser to hand it over and no more',
    async (method, path, status) => {
      const answer = await spoor.send(method, path, { headers: { origin: PAGE } });
      expect(answer.status).toBe(status);
      const headers = Object.fromEntries(answer.headers);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      for (const name of [
        'x-powered-by',
        'server',
        'strict-transport-security',
        'access-control-allow-origin',
      ]) {
        expect(headers).not.toHaveProperty(name);
      }
    },
  );

  test('what Koa never sees has the same headers', async () => {
    const unreadable = await spoor.send('GET', `/${'long'.repeat(40_000)}`);
    expect(unreadable.status).toBe(431);
    const { headers } = await spoor.send('GET', '/health');
    for (const [name, value] of headers) {
      if (/^(content-security|cross-origin|referrer-|x-)/.test(name))
        expect([name, unreadable.headers.get(name)]).toEqual([name, value]);
    }
  });

  test('a preflight lets nobody in', async () => {
    const headers = { ...PREFLIGHT, origin: PAGE };
    const answer = await spoor.send('OPTIONS', '/api/v1/stats', { key: null, headers });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('with origins named', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor({ SPOOR_CORS_ORIGINS: `${PAGE}, http://localhost:3000` });
  });
  afterAll(() => spoor.stop());

  test.each(ANSWERS)('a page of one may read %s %s (%i)', async (method, path, status) => {
    const { status: given, headers } = await spoor.send(method, path, { headers: { origin: PAGE } });
    expect(given).toBe(status);
    expect(headers.get('vary')).toContain('Origin');
    // Only a preflight asks so, and that is another test.
    if (method === 'OPTIONS') return;
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const exposed = headers.get('access-control-expose-headers')?.split(',') ?? [];
    expect(exposed).toEqual(
      expect.arrayContaining(['Content-Disposition', 'ETag', 'Retry-After', 'RateLimit-Remaining']),
    );
  });

  test.each([null, 'spoo_unknown'])('a preflight is answered whatever the key (%s)', async (key) => {
    const headers = { ...PREFLIGHT, origin: 'http://localhost:3000' };
    const answer = await spoor.send('OPTIONS', '/api/v1/clicks', { key, headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test.each(['https://evil.example', 'http://app.example.com', `${PAGE}.evil.example`, 'null'])(
    'a page of %s may not, and caches are told that it depends',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await spoor.send(method, '/api/v1/stats', { headers: { ...PREFLIGHT, origin } });
        expect(headers.get('access-control-allow-origin')).toBeNull();
        expect(headers.get('vary')).toContain('Origin');
      }
    },
  );
});

test('with * every page may', async () => {
  const spoor = await startSpoor({ SPOOR_CORS_ORIGINS: '*' });
  try {
    const { headers } = await spoor.send('GET', '/health', { headers: { origin: 'https://any.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  } finally {
    await spoor.stop();
  }
});
