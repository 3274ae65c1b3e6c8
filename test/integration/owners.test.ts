import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

/** Owners with their clicks: two with as many, ids that SQL, URLs and patterns read otherwise, one without a click. */
const OWNERS: Readonly<Record<string, number>> = {
  acme: 7,
  'ACME Ünïcode 🦊': 3,
  "o'wen\\ %_": 3,
  '*.example': 2,
  ünï: 1,
  'key alone': 0,
};

interface Listed {
  readonly owner_id: string;
  readonly clicks: number;
}

/** The list that the owners make: most clicks first, then in code-point order. */
function expectedList(ids: readonly string[]): readonly Listed[] {
  const bytes = (id: string) => Buffer.from(id);
  return ids
    .map((id) => ({ owner_id: id, clicks: OWNERS[id] ?? Number.NaN }))
    .toSorted((a, b) => b.clicks - a.clicks || Buffer.compare(bytes(a.owner_id), bytes(b.owner_id)));
}

describe('owners', () => {
  let spoor: TestSpoor;
  let key = '';
  beforeAll(async () => {
    spoor = await startSpoor();
    for (const [owner, clicks] of Object.entries(OWNERS)) {
      key = await spoor.createKey(owner);
      const ndjson = Array.from({ length: clicks }, (_, place) => ({
        short_code: `${owner} ${place % 2}`,
        clicked_at: Date.UTC(2001 + 3 * place),
      }));
      const { json } = await spoor.send('POST', '/api/v1/clicks', { key, ndjson });
      expect(json.accepted).toBe(clicks);
    }
  });
  afterAll(() => spoor.stop());

  const list = async (query: Readonly<Record<string, string>> = {}) =>
    (await spoor.send('GET', '/api/v1/owners', { query })).json;

  test('are those with clicks or a key, with the clicks that their statistics have', async () => {
    const ids = Object.keys(OWNERS);
    expect(await list()).toEqual({ items: expectedList(ids), total: ids.length });
    for (const { owner_id, clicks } of expectedList(ids)) {
      const query = { owner_id, start_date: '2000-01-01', group_by: 'browser' };
      const { json } = await spoor.send('GET', '/api/v1/stats', { query });
      expect([owner_id, json.summary.total_clicks]).toEqual([owner_id, clicks]);
    }
  });

  test.each(['acme', 'ACME', 'ÜNÏ', '%', '_', '\\', "'", '*', '🦊', '  acme ', 'nobody', "' OR 1=1 --"])(
    'a search is a part of the id, in any case, and no pattern: %j',
    async (search) => {
      const part = search.trim().toLowerCase();
      const ids = Object.keys(OWNERS).filter((id) => id.toLowerCase().includes(part));
      expect(await list({ search })).toEqual({ items: expectedList(ids), total: ids.length });
    },
  );

  test('a limit keeps those with the most clicks, and the total counts the others too', async () => {
    const ids = Object.keys(OWNERS);
    expect(await list({ limit: '2' })).toEqual({
      items: expectedList(ids).slice(0, 2),
      total: ids.length,
    });
  });

  test('what is deleted or revoked is gone at once', async () => {
    const { json: made } = await spoor.send('POST', '/api/v1/keys', {
      json: { owner_id: 'passing', name: 'passing', scopes: ['clicks:write'] },
    });
    await spoor.send('POST', '/api/v1/clicks', { key: made.key, json: { short_code: 'passing' } });
    expect((await list({ search: 'passing' })).items).toEqual([{ owner_id: 'passing', clicks: 1 }]);
    await spoor.send('DELETE', '/api/v1/urls/passing');
    expect((await list({ search: 'passing' })).items).toEqual([{ owner_id: 'passing', clicks: 0 }]);
    await spoor.send('DELETE', `/api/v1/keys/${made.id}`);
    expect(await list({ search: 'passing' })).toEqual({ items: [], total: 0 });
  });

  test.each([
    ['limit', '0'],
    ['limit', '1001'],
    ['limit', 'ten'],
    ['search', 'x'.repeat(129)],
    ['search', 'a\0b'],
  ])('a wrong %s is 400 and names it: %j', async (field, value) => {
    const { status, json } = await spoor.send('GET', '/api/v1/owners', { query: { [field]: value } });
    expect([status, json.code, json.field]).toEqual([400, 'validation_error', field]);
  });

  test('are for administrators', async () => {
    const { status, text } = await spoor.send('GET', '/api/v1/owners', { key });
    expect(status).toBe(403);
    expect(text).not.toContain('acme');
    expect((await spoor.send('GET', '/api/v1/owners', { key: null })).status).toBe(401);
  });
});
