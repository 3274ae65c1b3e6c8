import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ROUTES } from '../support/outside.ts';
import { startCollector } from '../support/collector.ts';
import { RawClient, endRawClients } from '../support/raw-client.ts';
import { type TestResponse, type TestSpoor, startSpoor } from '../support/spoor.ts';

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

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const FIXED = { start_date: '2026-01-01', end_date: '2026-01-02' };

const VARYING = ['date', 'x-request-id', 'server-timing', 'x-spoor-rows-read'];

/** The headers of an answer that do not name it, nor tell the time or what it cost. */
const constantOf = ({ headers }: TestResponse) =>
  Object.fromEntries([...headers].filter(([name]) => !VARYING.includes(name)));

const codesOf = ({ headers, json }: TestResponse): readonly unknown[] => [
  json?.code,
  json?.error_code,
  headers.get('x-error-code') ?? undefined,
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
    const headers = { 'x-request-id': 'mine' };
    const unreadable = await spoor.send('GET', `/${'long'.repeat(40_000)}`, { headers });
    expect(unreadable.status).toBe(431);
    const read = await spoor.send('GET', '/api/v1/nothing', { headers });
    for (const [name, value] of read.headers) {
      if (!/^(content-security|cross-origin|referrer-|x-(?!request-id|error-code))/.test(name)) continue;
      expect([name, unreadable.headers.get(name)]).toEqual([name, value]);
    }
    expect(codesOf(unreadable)).toEqual(Array(3).fill('validation_error'));
  });

  test.each(ANSWERS)(
    '%s %s (%i) is named, and an error says its code three times',
    async (method, path, status) => {
      const answer = await spoor.send(method, path);
      expect([answer.status, answer.headers.get('x-request-id')]).toEqual([
        status,
        expect.stringMatching(UUID),
      ]);
      expect(codesOf(answer)).toEqual(
        Array(3).fill(status < 400 ? undefined : expect.stringMatching(/^[a-z_]+$/)),
      );
      expect(new Set(codesOf(answer)).size).toBe(1);
    },
  );

  test.each([
    ['checkout-4711_a.b', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['two words', false],
    ['"quoted"', false],
    ['203.0.113.7', false],
    ['of-spoo_key', false],
  ])('a request that comes as %j keeps that name: %s', async (id, isKept) => {
    for (const path of ['/health', '/api/v1/stats', '/api/v1/stats']) {
      const { headers } = await spoor.send('GET', path, { query: FIXED, headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id')).toEqual(isKept ? id : expect.stringMatching(UUID));
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
    await spoor.send('PUT', '/api/v1/urls/launch', { json: { private_stats: false } });
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
      expect.arrayContaining([
        'Content-Disposition',
        'ETag',
        'Retry-After',
        'RateLimit-Remaining',
        'X-RateLimit-Remaining',
        'X-Request-ID',
        'X-Error-Code',
      ]),
    );
  });

  const READ = ROUTES.filter(({ method, path }) => method === 'get' && path !== '/metrics');
  test.each(READ.map((route) => [route.path, route] as const))(
    '%s has the same headers the first and the second time, and 304 but for its body',
    async (_, { sample }) => {
      for (const [headers, allowed] of [
        [{}, null],
        [{ origin: PAGE }, PAGE],
        [{ origin: 'https://evil.example' }, null],
      ] as const) {
        const query = { ...sample.query, ...(sample.path.includes('/stats') ? FIXED : {}) };
        const ask = (more = {}) =>
          spoor.send('GET', sample.path, { query, headers: { ...sample.headers, ...headers, ...more } });
        const [first, second] = [await ask(), await ask()];
        expect(constantOf(second)).toEqual(constantOf(first));
        expect(first.headers.get('vary')).toContain('Origin');
        expect(second.headers.get('access-control-allow-origin')).toBe(allowed);
        const tag = first.headers.get('etag');
        if (tag === null) continue;
        const unchanged = await ask({ 'if-none-match': tag });
        const ofBody = /^content-(type|length|encoding)$/;
        const kept = Object.entries(constantOf(first)).filter(([name]) => !ofBody.test(name));
        expect([unchanged.status, constantOf(unchanged)]).toEqual([304, Object.fromEntries(kept)]);
      }
    },
  );

  test('what is no HTTP is answered with them as well', async () => {
    const client = new RawClient(spoor.url, 'NONSENSE\r\n\r\n');
    expect(await client.toEnd()).toBe('end');
    expect(client.received).toMatch(/\r\nVary: Origin\r\n/);
    expect(client.received).toMatch(/\r\nX-Request-ID: [\da-f-]{36}\r\n/);
    expect(client.received).toMatch(
      /\r\nX-Error-Code: validation_error\r\n[^]*"error_code":"validation_error"/,
    );
    endRawClients();
  });

  test('a page may send the headers that it asks for, if their names are names', async () => {
    const asked = 'authorization,baggage, Sentry-Trace,traceparent,X-Spoo-Client,not a name,x:y,';
    const headers = {
      origin: PAGE,
      'access-control-request-method': 'GET',
      'access-control-request-headers': `${asked}${'x'.repeat(65)}`,
      'access-control-request-private-network': 'true',
    };
    const answer = await spoor.send('OPTIONS', '/api/v1/stats', { key: null, headers });
    const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(',') ?? [];
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'idempotency-key']));
    expect(allowed.slice(-4)).toEqual(['baggage', 'sentry-trace', 'traceparent', 'x-spoo-client']);
    expect(answer.headers.get('access-control-allow-private-network')).toBe('true');
    const foreign = { ...headers, origin: 'https://evil.example' };
    const refused = await spoor.send('OPTIONS', '/api/v1/stats', { key: null, headers: foreign });
    for (const name of ['headers', 'private-network', 'origin', 'methods'])
      expect(refused.headers.get(`access-control-allow-${name}`)).toBeNull();
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

test('with * every page may; the log and the spans have the name of each request, and nothing of its client', async () => {
  const logged: unknown[] = [];
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) });
  const collector = await startCollector();
  const settings = { SPOOR_CORS_ORIGINS: '*', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const spoor = await startSpoor(settings, { log });
  const traces: string[] = [];
  try {
    const { headers } = await spoor.send('GET', '/health', { headers: { origin: 'https://any.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    for (const path of ['/api/v1/stats', '/api/v1/stats', '/api/v1/stats', '/api/v1/export', '/nothing']) {
      const query =
        path === '/nothing' ? {} : { ...FIXED, ...(path.endsWith('export') && { format: 'json' }) };
      const trace_id = randomBytes(16).toString('hex');
      traces.push(trace_id);
      const traceparent = `00-${trace_id}-b7ad6b7169203331-01`;
      const headers = { origin: 'https://any.example', traceparent };
      const answer = await spoor.send('GET', path, { query, headers });
      const request_id = answer.headers.get('x-request-id');
      const line = expect.objectContaining({ msg: 'request', request_id, trace_id, status: answer.status });
      expect(logged).toContainEqual(line);
      const exposed = answer.headers.get('access-control-expose-headers')?.split(',');
      expect(exposed).toEqual(expect.arrayContaining(['Server-Timing', 'X-Spoor-Rows-Read']));
    }
  } finally {
    await spoor.stop();
    collector.close();
  }
  const sent = collector.received.filter(({ path }) => path === '/v1/traces');
  const spans = sent.flatMap(({ body }) => body.resourceSpans[0].scopeSpans[0].spans);
  const names = (traceId: string) =>
    spans.filter((span: any) => span.traceId === traceId).map((span: any) => span.name);
  expect(traces.map(names)).toEqual([
    ['GET /api/v1/stats', 'parse', 'queue', 'clickhouse', 'shape'],
    ['GET /api/v1/stats'],
    ['GET /api/v1/stats'],
    ['GET /api/v1/export', 'parse', 'queue', 'clickhouse', 'stream'],
    ['GET none'],
  ]);
  const secrets = JSON.stringify(spans).match(/spoo_|127\.0\.0\.1|node|undici|2026-01/g);
  expect(secrets).toBeNull();
  const metrics = collector.received.find(({ path }) => path === '/v1/metrics');
  expect(JSON.stringify(metrics?.body)).toContain('spoor_http_request_duration_seconds');
});
