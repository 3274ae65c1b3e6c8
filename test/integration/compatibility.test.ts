import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ClientRequest,
  PYTHON_REQUESTS,
  type Reads,
  TYPESCRIPT_REQUESTS,
} from '../support/shortener-clients.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/* The published clients of spoo.me's API find in Spoor's responses what they read there. */

const PUBLIC = 'launch 🚀';

let spoor: TestSpoor;
let key: string;
beforeAll(async () => {
  spoor = await startSpoor({ SPOOR_RATE_LIMITS: 'on' });
  key = await spoor.createKey('me');
  const visit = (short_code: string, place: number) => ({
    short_code,
    clicked_at: new Date(Date.now() - place * 3_600_000).toISOString(),
    ip: `192.0.2.${place}`,
    browser: place % 2 === 0 ? 'Chrome' : 'Firefox',
    country: place % 2 === 0 ? 'Germany' : 'United States',
    redirect_ms: 12.5,
  });
  const clicks = ['launch', PUBLIC].flatMap((code) => [1, 2, 3].map((place) => visit(code, place)));
  const january = { ...visit('launch', 2), clicked_at: '2026-01-15T10:00:00Z' };
  await spoor.send('POST', '/api/v1/clicks', { key, json: [...clicks, january] });
  const json = { private_stats: false, long_url: 'https://example.com/launch' };
  await spoor.send('PUT', `/api/v1/urls/${encodeURIComponent(PUBLIC)}`, { key, json });
  await spoor.send('PUT', '/api/v1/urls/foreign', { json: { ...json, owner_id: 'them' } });
});
afterAll(() => spoor.stop());

async function check({ method, path, headers, body, isAnonymous, ...expected }: ClientRequest) {
  const answer = await spoor.send(method, path, {
    key: isAnonymous === true ? null : key,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  expect([answer.status, expected.status, answer.status === expected.status ? '' : answer.text]).toEqual([
    expected.status,
    expected.status,
    '',
  ]);
  for (const [name, pattern] of Object.entries(expected.readsHeaders ?? {})) {
    expect([name, answer.headers.get(name) ?? '']).toEqual([name, expect.stringMatching(pattern)]);
  }
  if (expected.reads !== undefined) expect(faultsOf(answer.json, expected.reads)).toEqual([]);
}

describe.each([
  ['TypeScript', TYPESCRIPT_REQUESTS],
  ['Python', PYTHON_REQUESTS],
])('the %s client', (_, requests) => {
  test.each(requests.map((request) => [request.call, request] as const))('reads %s', (_call, request) =>
    check(request),
  );
});

test('a field that is missing, of another type or an empty list is found', () => {
  const reads = { 'rows.*.name': 'string', total: 'integer or null' };
  expect(faultsOf({ rows: [{ name: 'x' }], total: null }, reads)).toEqual([]);
  expect(faultsOf({ rows: [{ name: 'x' }, {}], total: 1.5 }, reads)).toHaveLength(2);
  expect(faultsOf({ rows: [], total: 1 }, reads)).toHaveLength(1);
});

/** What of the paths is not there, or not of its type. */
function faultsOf(value: unknown, reads: Reads): readonly string[] {
  return Object.entries(reads).flatMap(([path, types]) => {
    const found = valuesAt(value, path.split('.'));
    const wrong = found.find((one) => !types.split(' or ').some((type) => isOf(one, type)));
    if (found.length === 0) return [`${path}: nothing`];
    return wrong === undefined && !found.includes(undefined) ? [] : [`${path}: ${JSON.stringify(wrong)}`];
  });
}

function valuesAt(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (name === undefined) return [value];
  if (name === '*') return Array.isArray(value) ? value.flatMap((one) => valuesAt(one, rest)) : [];
  const field: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return valuesAt(field, rest);
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}
