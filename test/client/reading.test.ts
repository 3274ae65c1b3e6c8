import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Spoor } from '../../src/client/spoor.ts';
import { ToldServer, cut, hang, json } from '../support/told-server.ts';

const result = { summary: { total_clicks: 1 } };
const busy = json(503, { error: 'Busy.', code: 'unavailable' }, { 'retry-after': '0' });

/** One for each test: a request that a client has given up may still arrive. */
let server: ToldServer;
let spoor: Spoor;
beforeEach(async () => {
  server = await ToldServer.start(json(200, result));
  spoor = new Spoor({ url: `${server.url}/spoor/` });
});
afterEach(() => server.stop());

test('a query is repeated while the service is busy or unreachable', async () => {
  server.tell(busy, cut);
  expect(await spoor.stats({ range: 'yesterday' })).toEqual(result);
  expect(server.requests.map(({ path, body }) => [path, body])).toEqual(
    Array.from({ length: 3 }, () => ['/spoor/api/v1/stats/query', '{"range":"yesterday"}']),
  );
});

test('and not for as long as a rate limit lasts', async () => {
  const limited = { error: 'The limit of 60 requests is reached.', code: 'rate_limit_exceeded' };
  server.tell(json(429, limited, { 'retry-after': '60' }));
  await expect(spoor.stats()).rejects.toMatchObject({
    status: 429,
    message: limited.error,
    retryAfterMs: 60_000,
  });
  expect(server.requests).toHaveLength(1);
});

test('parameters of a file are in the query string: lists separated by commas, objects as JSON', async () => {
  await spoor.export({
    format: 'csv',
    group_by: ['time', 'property.a,b'],
    city: ['Washington, D.C.', 'Bonn'],
    filters: ['not', ['is', 'os', ['iOS']]],
    start_date: new Date(1_770_000_000_000),
    breakdown: false,
    limit: 5,
    segment: undefined,
    browser: null,
  });
  const [, query] = server.requests[0]?.path.split('?') ?? [];
  expect([...new URLSearchParams(query)]).toEqual([
    ['format', 'csv'],
    ['group_by', 'time,property.a\\,b'],
    ['city', 'Washington\\, D.C.,Bonn'],
    ['filters', '["not",["is","os",["iOS"]]]'],
    ['start_date', '2026-02-02T02:40:00.000Z'],
    ['breakdown', 'false'],
    ['limit', '5'],
  ]);
});

test('clicks come page by page, as they are read', async () => {
  const page = (ids: readonly string[], cursor: string | null) =>
    json(200, { items: ids.map((click_id) => ({ click_id })), next_cursor: cursor });
  server.tell(page(['a', 'b'], 'x/1'), busy, page([], 'x/2'), page(['c'], null));
  const clicks = spoor.clicks({ country: ['DE', 'FR'], fields: ['click_id'], limit: 2 });
  const read = async () => (await clicks.next()).value?.click_id;
  expect([await read(), await read(), server.requests.length]).toEqual(['a', 'b', 1]);
  expect([await read(), await read()]).toEqual(['c', undefined]);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /spoor/api/v1/clicks?country=DE%2CFR&fields=click_id&limit=2',
    'GET /spoor/api/v1/clicks?cursor=x%2F1&limit=2',
    'GET /spoor/api/v1/clicks?cursor=x%2F1&limit=2',
    'GET /spoor/api/v1/clicks?cursor=x%2F2&limit=2',
  ]);
});

test('changes go on from page to page, also over times when the service is away', async () => {
  const page = (cursor: string) => json(200, { items: [{ click_id: cursor }], next_cursor: cursor });
  server.tell(page('one'), cut, busy, page('two'), page('three'));
  const seen: string[] = [];
  for await (const { items, next_cursor: cursor } of spoor.changes({ bots: 'exclude', wait: 5 })) {
    expect(items).toEqual([{ click_id: cursor }]);
    seen.push(cursor);
    if (cursor === 'three') break;
  }
  expect(seen).toEqual(['one', 'two', 'three']);
  expect(server.requests.map(({ path }) => path.split('?')[1])).toEqual([
    'bots=exclude&wait=5',
    'after=one&wait=5',
    'after=one&wait=5',
    'after=one&wait=5',
    'after=two&wait=5',
  ]);
});

test('several queries are sent at once', async () => {
  const results = [
    { status: 200, view: 1, body: result },
    { status: 400, body: { error: 'timezone is wrong.', code: 'validation_error' } },
  ];
  server.tell(busy, json(200, { results }));
  const got = await spoor.query([{ range: 'today' }, { timezone: 'x' }]);
  expect(got).toEqual(results);
  // The status tells the type of the body.
  const told = got.map(({ status, body }) => (status === 200 ? body.summary : body.error));
  expect(told).toEqual(results.map(({ body }: any) => body.summary ?? body.error));
  expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({
    queries: [{ range: 'today' }, { timezone: 'x' }],
  });
});

const job = (status: string, more: object = {}) => json(200, { id: 'a/1', status, ...more });
const asked = () => server.requests.map(({ method, path }) => `${method} ${path.replace('/spoor', '')}`);

test('an export is created once, waited for, downloaded and deleted', async () => {
  server.tell(busy);
  await expect(spoor.exports.create({ format: 'csv' })).rejects.toMatchObject({ status: 503 });
  server.tell(json(202, { id: 'a/1', status: 'queued' }), job('running'), busy, job('done', { rows: 3 }));
  const order = { what: 'clicks', format: 'parquet', range: 'yesterday', destination: 'lake' } as const;
  const { id } = await spoor.exports.create(order);
  expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual(order);
  expect(await spoor.exports.wait(id)).toMatchObject({ status: 'done', rows: 3 });
  server.tell(
    (response) => void response.end('bytes'),
    (response) => void response.writeHead(204).end(),
  );
  expect(await new Response(await spoor.exports.download(id)).text()).toBe('bytes');
  await spoor.exports.delete(id);
  expect(asked().slice(2)).toEqual([
    'GET /api/v1/exports/a%2F1',
    'GET /api/v1/exports/a%2F1',
    'GET /api/v1/exports/a%2F1',
    'GET /api/v1/exports/a%2F1/file',
    'DELETE /api/v1/exports/a%2F1',
  ]);
});

test.each([
  ['failed', { error: 'The disk is full.' }, 'The disk is full.'],
  ['expired', {}, 'The file of the export is no longer kept.'],
])('waiting for an export that has %s is an error', async (status, more, message) => {
  server.tell(job(status, more));
  const expected = { code: 'export_failed', message, isTransient: false };
  await expect(spoor.exports.wait('1')).rejects.toMatchObject(expected);
});

test('schedules are created, read, replaced and deleted, and their runs listed page by page', async () => {
  const schedule = { id: '1', cron: '@daily' };
  const run = (due_at: string) => ({ due_at, status: 'done' });
  server.tell(
    json(201, { ...schedule, webhook_secret: 'whsec_x' }),
    json(200, { items: [schedule] }),
    json(200, schedule),
    json(200, schedule),
    json(200, { items: [run('b')], next_cursor: '7' }),
    json(200, { items: [run('a')], next_cursor: null }),
    (response) => void response.writeHead(204).end(),
  );
  const { schedules } = spoor;
  const order = { cron: '@daily', range: 'yesterday', condition: { change: '-50%' } } as const;
  expect(await schedules.create(order)).toMatchObject({ webhook_secret: 'whsec_x' });
  expect(await schedules.list()).toEqual([schedule]);
  expect([await schedules.get('1'), await schedules.replace('1', order)]).toEqual([schedule, schedule]);
  const runs = [];
  for await (const { due_at } of schedules.runs('1', { limit: 1 })) runs.push(due_at);
  expect(runs).toEqual(['b', 'a']);
  await schedules.delete('1');
  expect(asked()).toEqual([
    'POST /api/v1/schedules',
    'GET /api/v1/schedules',
    'GET /api/v1/schedules/1',
    'PUT /api/v1/schedules/1',
    'GET /api/v1/schedules/1/runs?limit=1',
    'GET /api/v1/schedules/1/runs?limit=1&cursor=7',
    'DELETE /api/v1/schedules/1',
  ]);
});

test('a file of clicks comes from a route of its own', async () => {
  await spoor.export({ what: 'clicks', format: 'ndjson', compress: 'zstd', fields: ['clicked_at', 'city'] });
  expect(server.requests[0]?.path).toBe(
    '/spoor/api/v1/export/clicks?format=ndjson&compress=zstd&fields=clicked_at%2Ccity',
  );
});

test('a file that is cut off is an error', async () => {
  server.tell((response) => {
    response.writeHead(200, { 'content-length': '100' }).write('abc', () => response.destroy());
  });
  const stream = await spoor.export({ format: 'csv' });
  await expect(new Response(stream).text()).rejects.toThrow();
});

test('a signal ends a request with its reason', async () => {
  server.tell(hang, hang);
  const reason = new Error('Enough.');
  for (const ask of [spoor.stats.bind(spoor, {}), spoor.export.bind(spoor, { format: 'csv' })]) {
    const ending = new AbortController();
    const asked = ask({ signal: ending.signal });
    ending.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(ask({ signal: ending.signal })).rejects.toBe(reason);
  }
});

test('an address without a service is named in the error', async () => {
  const nobody = new Spoor({ url: 'http://127.0.0.1:1' });
  await expect(nobody.export({ format: 'csv' })).rejects.toMatchObject({
    code: 'network_error',
    status: undefined,
    message: expect.stringMatching(/^The service at http:\/\/127\.0\.0\.1:1 cannot be reached \(.+\)\.$/),
  });
});

test('the fetch that is given is used', async () => {
  const asked: string[] = [];
  const own: typeof fetch = async (input) => {
    asked.push(new Request(input).url);
    return Response.json(result);
  };
  await new Spoor({ url: 'https://spoor.example.com', fetch: own }).stats();
  expect(asked).toEqual(['https://spoor.example.com/api/v1/stats/query']);
});
