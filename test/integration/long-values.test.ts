import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { param, sql } from '../../src/sql/sql.ts';
import { FEW_VALUES } from '../../src/stats/sql/value-conditions.ts';
import { type TestSpoor, startSpoor } from '../support/spoor.ts';

let spoor: TestSpoor;
beforeAll(async () => {
  spoor = await startSpoor();
});
afterAll(() => spoor.stop());

/** Texts around every length at which something could be cut, of characters that are written as one, two and eight bytes. */
const CHARACTERS = ['x', "'", 'ü', '\\', '\n', '🙂'];
const LENGTHS = [0, 1, 14_999, 15_000, 15_001, 30_000, 59_998, 60_000, 65_536, 131_072, 300_000];

describe('what is too long for one parameter of ClickHouse arrives whole', () => {
  test.each(CHARACTERS)('texts of %j', async (character) => {
    for (const length of LENGTHS) {
      const text = character.repeat(length);
      const [row] = await spoor.database.rows<[string]>(sql`SELECT ${param('String', text)}`);
      expect(row?.[0] === text).toBe(true);
    }
  });

  test.each(CHARACTERS)('lists with texts of %j', async (character) => {
    const lists = [
      LENGTHS.map((length) => character.repeat(length)),
      LENGTHS.toReversed().map((length) => character.repeat(length)),
      Array.from({ length: 10_000 }, (_, place) => `${character}${place}`),
    ];
    for (const list of lists) {
      const [row] = await spoor.database.rows<[string[]]>(sql`SELECT ${param('Array(String)', list)}`);
      expect(JSON.stringify(row?.[0]) === JSON.stringify(list)).toBe(true);
    }
  });
});

describe('requests', () => {
  test.each([
    ['many new codes', Array.from({ length: 10_000 }, (_, place) => `many ${place}`)],
    ['long new codes', Array.from({ length: 3_000 }, (_, place) => `${place}${'ü'.repeat(120)}`)],
    ['codes of apostrophes', Array.from({ length: 3_000 }, (_, place) => `${place}${"'".repeat(120)}`)],
  ])('clicks for %s', async (name, codes) => {
    const key = await spoor.createKey(name, ['clicks:write', 'stats:read']);
    const body = codes.map((code) => JSON.stringify({ short_code: code })).join('\n');
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': name };
    for (let time = 0; time < 2; time++) {
      const sent = await spoor.send('POST', '/api/v1/clicks', { key, body, headers });
      expect([sent.status, sent.json.accepted]).toEqual([200, codes.length]);
    }
    const { json } = await spoor.send('GET', '/api/v1/stats', { key, query: { group_by: 'short_code' } });
    expect([json.summary.total_clicks, json.group_counts.short_code]).toEqual([codes.length, codes.length]);
  });

  test('a filter as long as a request line may be', async () => {
    // Of few characters that go unescaped into an address, this one is written as two for ClickHouse.
    const path = `/api/v1/stats?owner_id=*&city=${'\\'.repeat(100_000)}`;
    const { status, json } = await spoor.send('GET', path);
    expect([status, json.summary?.total_clicks]).toEqual([200, 0]);
  });

  test('a filter that is tried on as many distinct values as are few, and on some more', async () => {
    const key = await spoor.createKey('distinct', ['clicks:write', 'stats:read']);
    const cities = Array.from({ length: FEW_VALUES + 50 }, (_, place) => `Stadt ${place}`);
    const json = cities.map((city, place) => ({
      short_code: 'distinct',
      city,
      clicked_at: place < FEW_VALUES ? '2026-01-05' : '2026-02-05',
    }));
    expect((await spoor.send('POST', '/api/v1/clicks', { key, json })).json.accepted).toBe(cities.length);
    for (const count of [FEW_VALUES, cities.length]) {
      const query = {
        start_date: '2026-01-01',
        end_date: count === FEW_VALUES ? '2026-01-31' : '2026-02-28',
      };
      for (const [operator, matches] of [
        ['ends_with', (city: string) => city.endsWith('7')],
        ['does_not_contain', (city: string) => !city.includes('7')],
      ] as const) {
        const filters = JSON.stringify({
          city: { [operator]: operator === 'ends_with' ? ['T 7', '7'] : ['7'], case_sensitive: false },
        });
        const answer = await spoor.send('GET', '/api/v1/stats', { key, query: { ...query, filters } });
        const { total_clicks } = answer.json.summary;
        expect([operator, total_clicks]).toEqual([operator, cities.slice(0, count).filter(matches).length]);
      }
    }
  });
});
