import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type DroppedClicks, type RejectedClick, Spoor, SpoorError } from '../../src/client/spoor.ts';
import { type Answer, ToldServer, cut, hang, json } from '../support/told-server.ts';

const accept: Answer = (response, { body }) =>
  json(200, { accepted: body.split('\n').length, rejected: [] })(response, {
    method: '',
    path: '',
    headers: {},
    body,
  });

const busy = json(503, { error: 'ClickHouse is unreachable.', code: 'unavailable' }, { 'retry-after': '0' });

/** One for each test: a request that a client has given up may still arrive. */
let server: ToldServer;
beforeEach(async () => {
  server = await ToldServer.start(accept);
});
afterEach(() => server.stop());

/** A client, with what its callbacks are told. */
function client(options: Readonly<Record<string, number>> = {}) {
  const dropped: DroppedClicks[] = [];
  const rejected: RejectedClick[] = [];
  const errors: SpoorError[] = [];
  const spoor = new Spoor({
    url: `${server.url}/`,
    key: 'spoo_test',
    // Only what fills a batch or flushes it sends it.
    batchDelayMs: 3_600_000,
    ...options,
    onDrop: (one) => dropped.push(one),
    onReject: (one) => rejected.push(one),
    onError: (one) => errors.push(one),
  });
  return { spoor, dropped, rejected, errors };
}

const click = (id: number) => ({ short_code: 'launch', click_id: `c-${id}`, clicked_at: 1_770_000_000_000 });

const sentIds = () =>
  server.requests.map(({ body }) => body.split('\n').map((line) => JSON.parse(line).click_id as string));

test('clicks are sent in batches, with the key, each under a name of its own', async () => {
  const { spoor } = client({ batchClicks: 2, parallelRequests: 1 });
  for (const id of [1, 2, 3, 4, 5]) expect(spoor.track(click(id))).toBe(true);
  await spoor.flush();
  expect(sentIds()).toEqual([['c-1', 'c-2'], ['c-3', 'c-4'], ['c-5']]);
  for (const { method, path, headers } of server.requests) {
    expect([method, path, headers.authorization, headers['content-type']]).toEqual([
      'POST', '/api/v1/clicks', 'Bearer spoo_test', 'application/x-ndjson',
    ]); // prettier-ignore
  }
  expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(3);
});

test('a batch has at most so many bytes, unless it is of one click', async () => {
  const { spoor } = client({ batchBytes: 300, parallelRequests: 1 });
  const city = 'ü'.repeat(100);
  for (const id of [1, 2]) spoor.track({ ...click(id), city });
  spoor.track({ ...click(3), city: city.repeat(3) });
  for (const id of [4, 5, 6]) spoor.track(click(id));
  await spoor.flush();
  expect(sentIds()).toEqual([['c-1'], ['c-2'], ['c-3'], ['c-4', 'c-5', 'c-6']]);
});

test('a batch has each click as it was tracked, however long they are', async () => {
  const { spoor } = client({ batchBytes: Infinity, batchClicks: 40, parallelRequests: 1 });
  const clicks = Array.from({ length: 60 }, (_, id) => ({
    ...click(id),
    city: 'ü'.repeat(id === 7 ? 40_000 : 300),
  }));
  for (const one of clicks) spoor.track(one);
  await spoor.flush();
  const sent = server.requests.map(({ body }) => body.split('\n').map((line): unknown => JSON.parse(line)));
  expect(sent).toEqual([clicks.slice(0, 40), clicks.slice(40)]);
});

test('a batch is sent after a while, without a flush', async () => {
  let sent = (): void => {};
  const arrived = new Promise<void>((resolve) => (sent = resolve));
  server.tell((response, request) => (sent(), accept(response, request)));
  const { spoor } = client({ batchDelayMs: 1 });
  spoor.track(click(1));
  await arrived;
  await spoor.close();
  expect(sentIds()).toEqual([['c-1']]);
});

describe('a request that fails is sent again, the same and under the same name:', () => {
  test.each([
    ['503', busy, 'unavailable'],
    [
      '429',
      json(429, { error: 'Wait.', code: 'rate_limit_exceeded' }, { 'retry-after': '0' }),
      'rate_limit_exceeded',
    ],
    ['a cut connection', cut, 'network_error'],
    ['no response', hang, 'network_error'],
    ['a page of a proxy', json(200, 'Welcome'), 'unexpected_response'],
    ['the error page of a proxy', json(502, 'Bad Gateway'), 'unexpected_response'],
  ])('%s', async (_, failure, code) => {
    server.tell(failure, failure);
    const { spoor, errors, dropped } = client({ requestTimeoutMs: 200 });
    spoor.track(click(1));
    await spoor.flush();
    const [first, ...others] = server.requests;
    expect(others.map(({ body, headers }) => [body, headers['idempotency-key']])).toEqual([
      [first?.body, first?.headers['idempotency-key']],
      [first?.body, first?.headers['idempotency-key']],
    ]);
    expect([errors.map((error) => error.code), dropped]).toEqual([[code, code], []]);
  });
});

test('a refused request is not sent again, and the callback has its clicks and the sentence', async () => {
  server.tell(json(403, { error: 'The key lacks the scope.', code: 'forbidden' }));
  const { spoor, dropped } = client();
  spoor.track(click(1));
  spoor.track(click(2));
  await spoor.flush();
  expect(server.requests).toHaveLength(1);
  expect(dropped).toEqual([
    { reason: 'refused', clicks: [click(1), click(2)], error: expect.any(SpoorError) },
  ]);
  expect(dropped[0]?.error).toMatchObject({
    status: 403,
    code: 'forbidden',
    message: 'The key lacks the scope.',
  });
});

test.each([200, 422])('clicks that the service rejects with %s are named', async (status) => {
  server.tell(
    json(status, { accepted: 1, rejected: [{ index: 1, field: 'short_code', error: 'is required' }] }),
  );
  const { spoor, rejected, dropped } = client();
  spoor.track(click(1));
  spoor.track({ ...click(2), short_code: '' });
  await spoor.flush();
  expect(rejected).toEqual([
    { click: { ...click(2), short_code: '' }, field: 'short_code', error: 'is required' },
  ]);
  expect(dropped).toEqual([]);
});

test('what cannot be sent for too long is dropped', async () => {
  server.tell(busy, busy);
  const { spoor, dropped } = client({ retryForMs: -1 });
  spoor.track(click(1));
  await spoor.flush();
  expect([dropped.map(({ reason }) => reason), server.requests.length]).toEqual([['timed_out'], 1]);
});

test('Retry-After beyond that time is not waited for', async () => {
  server.tell(json(503, { error: 'Busy.', code: 'unavailable' }, { 'retry-after': '7200' }));
  const { spoor, dropped, errors } = client();
  spoor.track(click(1));
  await spoor.flush();
  expect(dropped.map(({ reason }) => reason)).toEqual(['timed_out']);
  expect(errors.map(({ retryAfterMs }) => retryAfterMs)).toEqual([7_200_000]);
});

describe('the buffer is bounded', () => {
  test.each([
    ['in clicks', { bufferClicks: 3 }],
    ['in bytes', { bufferBytes: 3 * (JSON.stringify(click(1)).length + 1) }],
  ])('%s, requests under way included', async (_, bound) => {
    server.tell(hang);
    const { spoor, dropped } = client({ batchClicks: 2, ...bound });
    expect([1, 2, 3, 4].map((id) => spoor.track(click(id)))).toEqual([true, true, true, false]);
    expect(dropped).toEqual([{ reason: 'buffer_full', clicks: [click(4)] }]);
    await spoor.close(0);
    expect(dropped.slice(1).map(({ reason, clicks }) => [reason, clicks])).toEqual(
      expect.arrayContaining([['closed', [click(1), click(2)]]]),
    );
  });

  test('and empties as the service takes the clicks', async () => {
    const { spoor, dropped } = client({ bufferClicks: 1 });
    for (const id of [1, 2, 3]) {
      expect(spoor.track(click(id))).toBe(true);
      await spoor.flush();
    }
    expect([sentIds().length, dropped]).toEqual([3, []]);
  });
});

test('so many requests are sent at once, and no more', async () => {
  let [now, most] = [0, 0];
  let release = (): void => {};
  const thirdIsHere = new Promise<void>((resolve) => (release = resolve));
  const waits: Answer = async (response, request) => {
    most = Math.max(most, ++now);
    if (now === 3) release();
    await thirdIsHere;
    now--;
    await accept(response, request);
  };
  server.tell(...Array.from({ length: 9 }, () => waits));
  const { spoor } = client({ batchClicks: 1, parallelRequests: 3 });
  for (let id = 0; id < 9; id++) spoor.track(click(id));
  await spoor.flush();
  expect([most, server.requests.length]).toEqual([3, 9]);
});

test('a click without a time gets that at which it was tracked', async () => {
  server.tell(busy);
  const { spoor } = client();
  const before = Date.now();
  spoor.track({ short_code: 'launch' });
  spoor.track({ short_code: 'launch', clicked_at: null });
  spoor.track({ short_code: 'launch', clicked_at: new Date(1_770_000_000_000) });
  const after = Date.now();
  await spoor.flush();
  const times = server.requests.map(({ body }) =>
    body.split('\n').map((line) => JSON.parse(line).clicked_at),
  );
  expect(times[0]).toEqual(times[1]);
  for (const time of times[0]?.slice(0, 2) ?? []) {
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  }
  expect(times[0]?.[2]).toBe('2026-02-02T02:40:00.000Z');
});

test('a closed client takes no clicks, and what JSON cannot hold is dropped', async () => {
  const { spoor, dropped } = client();
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  for (const wrong of [cyclic, 'text', undefined, 1n]) expect(spoor.track(wrong as never)).toBe(false);
  expect(spoor.track(click(1))).toBe(true);
  await spoor.close();
  expect(spoor.track(click(2))).toBe(false);
  expect(dropped.map(({ reason }) => reason)).toEqual([
    'not_json',
    'not_json',
    'not_json',
    'not_json',
    'closed',
  ]);
  expect(sentIds()).toEqual([['c-1']]);
});

describe('a process that has nothing else to do', () => {
  const run = promisify(execFile);
  const script = (lines: string): readonly string[] => [
    '--input-type=module',
    '-e',
    `import { Spoor } from 'spoor/client';
     const spoor = new Spoor({ url: '${server.url}', onDrop: ({ reason, clicks }) => console.log(reason, clicks.length) });
     ${lines}`,
  ];

  test('sends its last clicks before it ends', async () => {
    server.tell(busy, cut);
    await run(
      process.execPath,
      script(`for (const id of [1, 2]) spoor.track({ short_code: 'launch', click_id: 'c-' + id });`),
    );
    expect(sentIds()).toEqual([
      ['c-1', 'c-2'],
      ['c-1', 'c-2'],
      ['c-1', 'c-2'],
    ]);
  });

  test('waits for a flush', async () => {
    server.tell(busy, cut);
    const { stdout } = await run(
      process.execPath,
      script(`spoor.track({ short_code: 'launch' }); await spoor.flush(); console.log('flushed');`),
    );
    expect(stdout).toBe('flushed\n');
    expect(server.requests).toHaveLength(3);
  });
});
