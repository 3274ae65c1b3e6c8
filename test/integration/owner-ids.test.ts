import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/** Texts that would all be stored as one and the same, in JSON. */
const FOLDED = [
  ['a lone surrogate', String.raw`"a\ud800"`],
  ['another one', String.raw`"a\udc00"`],
  ['U+0000', String.raw`"a\u0000"`],
  ['bytes that are not UTF-8', '"a\xff"'],
] as const;

const SEED = '"clicks":0,"urls":1,"days":1,"seed":1,"end":1767225600000,"from":0,"to":0';

/** Where an owner's id comes in a body. */
const BODIES: readonly (readonly [method: string, path: string, body: (owner: string) => string])[] = [
  ['POST', '/api/v1/keys', (owner) => `{"owner_id":${owner},"name":"n","scopes":["stats:read"]}`],
  ['PUT', '/api/v1/urls/code', (owner) => `{"owner_id":${owner}}`],
  ['DELETE', '/api/v1/clicks', (owner) => `{"owner_id":${owner}}`],
  ['POST', '/control/seed', (owner) => `{"owners":[${owner}],${SEED}}`],
];

describe('an owner id that cannot be stored as it is', () => {
  let spoor: TestSpoor;
  beforeAll(async () => {
    spoor = await startSpoor();
  });
  afterAll(() => spoor.stop());
  const stored = async () => [
    (await spoor.send('GET', '/api/v1/keys')).json.items,
    (await spoor.send('GET', '/api/v1/urls')).json.items,
  ];

  describe.each(BODIES)('%s %s', (method, path, body) => {
    test.each(FOLDED)('%s is 400', async (_, owner) => {
      const before = await stored();
      const response = await spoor.send(method, path, {
        body: Buffer.from(body(owner), 'latin1'),
        headers: { 'content-type': 'application/json' },
      });
      expect([response.status, response.json?.code]).toEqual([400, 'validation_error']);
      expect(await stored()).toEqual(before);
    });
  });

  test.each([
    ['%00', 'owner_id'],
    ['%FF', 'owner_id'],
    ['%ED%A0%80', 'owner_id'],
    ['a%C3', 'owner_id'],
  ])('stats, export and import: the owner %s is 400', async (owner, field) => {
    for (const path of ['/api/v1/stats?scope=all', '/api/v1/export?format=json&scope=all']) {
      const { status, json } = await spoor.send('GET', `${path}&owner_id=${owner}`);
      expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
    }
    const sent = await spoor.send('POST', `/api/v1/imports?owner=${owner}`, {
      body: '{"short_code":"imported"}\n',
    });
    expect([sent.status, sent.json.code, sent.json.field]).toEqual([400, 'validation_error', 'owner']);
  });

  test('so is any other parameter that is not UTF-8, since it would be another question', async () => {
    for (const parameter of ['short_code=%FF', 'city=K%F6ln', 'filters=%C3(', '%FF=1']) {
      const { status } = await spoor.send('GET', `/api/v1/stats?${parameter}`);
      expect([parameter, status]).toEqual([parameter, 400]);
    }
    for (const parameter of [
      'city=K%C3%B6ln',
      'city=Köln',
      'city=100%',
      'referrer=50%25',
      'city=%F0%9F%A6%8A',
    ])
      expect((await spoor.send('GET', `/api/v1/stats?${parameter}`)).status).toBe(200);
  });

  describe('a blank around it', () => {
    const creating = BODIES.filter(([method]) => method !== 'DELETE');

    test.each(creating)('%s %s: 400', async (method, path, body) => {
      const before = await stored();
      for (const owner of [' a', 'a ', '\u00a0a']) {
        const headers = { 'content-type': 'application/json' };
        const response = await spoor.send(method, path, { body: body(JSON.stringify(owner)), headers });
        expect([response.status, response.json.field]).toEqual([400, expect.stringMatching(/^owner/)]);
      }
      expect(await stored()).toEqual(before);
    });

    test('names the owner that an earlier release has stored so, else the one without', async () => {
      const click = (owner: string) => JSON.stringify([owner, 'code', '2026-01-01 00:00:00.000']);
      const owners = [' old ', 'old', 'old', 'new', 'new', 'new'];
      await spoor.database.insert('clicks', ['owner_id', 'short_code', 'clicked_at'], owners.map(click));
      const total = async (owner_id: string): Promise<number> => {
        const query = { owner_id, start_date: '2026-01-01', end_date: '2026-01-01' };
        return (await spoor.send('GET', '/api/v1/stats', { query })).json.summary.total_clicks;
      };
      expect(await total(' old ')).toBe(1);
      expect(await total('old')).toBe(2);
      expect(await total(' new ')).toBe(3);
      expect(await total(' * ')).toBeGreaterThanOrEqual(6);
      const erased = await spoor.send('DELETE', '/api/v1/clicks', { json: { owner_id: ' old ' } });
      expect([erased.json, await total('old')]).toEqual([{ erased: 1 }, 2]);
    });
  });

  test('others are kept to the sign', async () => {
    for (const owner of ['Ünïcode 🦊', '\uFFFD', 'a b', '%00', '\u200b']) {
      const key = await spoor.createKey(owner);
      const put = await spoor.send('PUT', `/api/v1/urls/${encodeURIComponent(owner)}`, { key, json: {} });
      expect([put.status, put.json.owner_id]).toEqual([201, owner]);
    }
  });
});
