import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { constants, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../support/process.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

const MIB = 1_048_576;
const GZIP = { 'content-encoding': 'gzip' };

let spoor: TestSpoor;
let mine: string;
let theirs: string;
const requests: ClientRequest[] = [];
beforeAll(async () => {
  spoor = await startSpoor();
  mine = await spoor.createKey('me');
  theirs = await spoor.createKey('them');
});
afterEach(() => {
  for (const outgoing of requests.splice(0)) outgoing.destroy();
});
afterAll(() => spoor.stop());

/** A request whose body is for the test to write and to end. */
function open(method: string, path: string, key: string, headers: Readonly<Record<string, string>> = {}) {
  const outgoing = request(`${spoor.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/x-ndjson',
      'transfer-encoding': 'chunked',
      ...headers,
    },
  }).on('error', () => {});
  requests.push(outgoing);
  return outgoing;
}

async function statusOf(outgoing: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a key without the scope is refused before the body has come', () => {
  test.each([
    ['POST', '/api/v1/clicks', {}],
    ['POST', '/api/v1/clicks', { ...JSON_TYPE, 'idempotency-key': 'a' }],
    ['POST', '/api/v1/clicks', GZIP],
    ['DELETE', '/api/v1/clicks', JSON_TYPE],
    ['PUT', '/api/v1/urls/some', JSON_TYPE],
    ['POST', '/api/v1/keys', JSON_TYPE],
    ['POST', '/api/v1/imports', {}],
    ['POST', '/api/v1/imports', GZIP],
    ['POST', '/control/seed', JSON_TYPE],
  ])('%s %s %j', async (method, path, headers) => {
    const reader = await spoor.createKey('me', ['stats:read']);
    const outgoing = open(method, path, reader, headers);
    outgoing.write('{');
    expect(await statusOf(outgoing)).toBe(403);
  });
});

/** How many of twenty other requests, one after another, are answered until `answer` is here. */
async function answeredBefore(answer: Promise<unknown>): Promise<number> {
  const end = answer.then(() => 'end');
  for (let count = 0; count < 20; count++) {
    const other = spoor.send('GET', '/health').then(() => 'other');
    if ((await Promise.race([end, other])) === 'end') return count;
  }
  return 20;
}

describe('a small body of many lines', () => {
  test.each([
    ['blank lines', '\r\n', '', 16],
    ['lines of a thousand blanks', `${' '.repeat(1_000)}\n`, '', 16],
    ['a line', 'x', '', 16],
    ['lines that are no object', 'x\n', '{"short_code":"one"}\n', 1],
    ['objects without a code', '{}\n', '{"short_code":"one"}\n', 1],
    ['lines that are no JSON', '{x\n', '{"short_code":"one"}\n', 1],
  ])('does not stop other answers: %s', async (_, unit, before, size) => {
    const text = Buffer.concat([Buffer.from(before), Buffer.alloc(size * MIB, unit)]);
    const sent = { key: mine, body: gzipSync(text), headers: GZIP };
    const answer = spoor.send('POST', '/api/v1/clicks', sent);
    expect(await answeredBefore(answer)).toBe(20);
    expect([200, 422]).toContain((await answer).status);
  });

  test('of codes that are all new does not either', async () => {
    const codes = Array.from({ length: 30_000 }, (_, place) => `{"short_code":"new-${place}"}\n`);
    const answer = spoor.send('POST', '/api/v1/clicks', { key: mine, body: codes.join('') });
    expect(await answeredBefore(answer)).toBe(20);
    expect((await answer).json).toEqual({ accepted: 30_000, rejected: [] });
    const other = codes.slice(0, 20_000).join('');
    const refused = await spoor.send('POST', '/api/v1/clicks', { key: theirs, body: other });
    expect([refused.status, refused.json.accepted]).toEqual([422, 0]);
  });
});

/** What the metrics say of bodies in memory. */
async function bodies(metric: 'in_use' | 'refused_total'): Promise<number> {
  const { text } = await spoor.send('GET', '/metrics');
  const pattern = new RegExp(`^spoor_share_${metric}\\{resource="body_bytes"\\} (\\S+)$`, 'm');
  return Number(pattern.exec(text)?.[1]);
}

/** Packed, and with more to come. */
const unfinished = (bytes: number): Buffer =>
  gzipSync(Buffer.alloc(bytes, ' '), { finishFlush: constants.Z_SYNC_FLUSH });

test('an owner that holds all it can by slow bodies and small fillers keeps nobody else out', async () => {
  const before = await bodies('refused_total');
  const slow = Array.from({ length: 4 }, () => open('POST', '/api/v1/clicks', mine, GZIP));
  const most = unfinished(63 * MIB);
  for (const outgoing of slow) outgoing.write(most);
  await waitUntil('two of them to be held', async () => (await bodies('in_use')) === 2 * 63 * MIB);
  expect(await bodies('refused_total')).toBe(before + 2);
  const fillers = Array.from({ length: 12 }, () => open('POST', '/api/v1/clicks', mine));
  for (const outgoing of fillers) outgoing.write(Buffer.alloc(MIB / 3, ' '));
  await waitUntil(
    'those beyond the share to be refused',
    async () => (await bodies('refused_total')) >= before + 8,
  );
  expect(await bodies('in_use')).toBeGreaterThan(127 * MIB);

  const refused = await spoor.send('POST', '/api/v1/clicks', { key: mine, body: ' '.repeat(2 * MIB) });
  expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);

  const click = { json: { short_code: 'their-code' } };
  expect((await spoor.send('POST', '/api/v1/clicks', { key: theirs, ...click })).status).toBe(200);
  const larger = `${' '.repeat(60_000)}{"short_code":"their-code"}`;
  expect((await spoor.send('POST', '/api/v1/clicks', { key: theirs, body: larger })).status).toBe(200);
  const whole = gzipSync(Buffer.alloc(64 * MIB, '\n'));
  expect(
    (await spoor.send('POST', '/api/v1/clicks', { key: theirs, body: whole, headers: GZIP })).status,
  ).toBe(200);
  expect((await spoor.send('PUT', '/api/v1/urls/their-url', { key: theirs, json: {} })).status).toBe(201);

  for (const outgoing of [...slow, ...fillers]) outgoing.destroy();
  await waitUntil('room again', async () => (await bodies('in_use')) === 0);
  const again = { key: mine, body: Buffer.alloc(60 * MIB, ' ') };
  expect((await spoor.send('POST', '/api/v1/clicks', again)).status).toBe(200);
});
