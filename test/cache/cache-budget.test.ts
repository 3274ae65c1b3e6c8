import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, test } from '@jest/globals';
import { VisitorCounts } from '../../src/cache/visitor-counts.ts';
import { ParsedRequests, cacheKey } from '../../src/cache/parsed-requests.ts';
import { ByteLru } from '../../src/cache/byte-lru.ts';
import { CacheBudget, type CacheName } from '../../src/cache/cache-budget.ts';
import { cachedUserAgents } from '../../src/clicks/enrich/user-agent.ts';
import { Database } from '../../src/clickhouse/database.ts';
import { SharedTexts } from '../../src/export/shared-texts.ts';
import type { StatsQuery } from '../../src/stats/query.ts';
import { StoredUrls } from '../../src/urls/stored-urls.ts';
import { is } from '../support/filters.ts';

const MIB = 1_048_576;
const NAMES: readonly CacheName[] = [
  ...([
    'responses',
    'parsed_requests',
    'visitor_counts',
    'urls',
    'user_agents',
    'places',
    'keys',
    'wrong_keys',
  ] as const),
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** MiB of texts and bytes that are there now. */
function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

const QUERY: StatsQuery = {
  subject: { scope: 'anon', shortCode: 'launch' },
  range: { start: 1_000, end: 5_000 },
  groupBy: ['os'],
  metrics: ['clicks', 'unique_clicks'],
  timezone: 'UTC',
  interval: 'hour',
  breakdown: false,
  filters: [],
  bots: 'include',
  limit: 1_000,
};

const SUMMARY = {
  total_clicks: 1e6,
  unique_clicks: 1,
  bot_clicks: 0,
  first_click: null,
  last_click: null,
  avg_redirection_time: 0,
};

/** Some kilobytes cut out of a text of their own, as a log's fields are. */
const pieceOf = (index: number, length: number): string => {
  const whole = `${index} `.repeat(60_000);
  return whole.slice(0, length);
};

describe('one number of bytes for all caches', () => {
  test('is shared out wholly, and told by cache', () => {
    const budget = new CacheBudget(64 * MIB);
    const caches = NAMES.map((name) => budget.open<any>(name));
    for (const cache of caches) {
      for (let entry = 0; entry < 70_000; entry++) cache.set(entry, {}, 1_024);
    }
    expect(Object.keys(budget.bytes)).toEqual(NAMES);
    const held = Object.values(budget.bytes).reduce((sum, bytes) => sum + bytes, 0);
    expect(held + budget.bytesOfThreads).toBeGreaterThan(63 * MIB);
    expect(held + budget.bytesOfThreads).toBeLessThanOrEqual(64 * MIB);
  });

  test('opens no cache twice, which would count twice', () => {
    const budget = new CacheBudget(MIB);
    budget.open('urls');
    expect(() => budget.open('urls')).toThrow('urls');
  });

  test('that is 0 switches each of them off', () => {
    const budget = new CacheBudget(0);
    for (const name of NAMES) {
      const cache = budget.open<any>(name);
      cache.set('a', {}, 1);
      expect(cache.get('a')).toBeUndefined();
    }
  });
});

/** Nothing here asks it. */
const nowhere = new Database({ url: 'http://127.0.0.1:1', user: '', password: '' }, 'none');
afterAll(() => nowhere.close());

/** Fills a cache by what strangers choose, as long as it may be. */
const FILLED: readonly (readonly [string, (cache: ByteLru<any>) => (index: number) => void])[] = [
  [
    'filters of a question',
    (cache) => {
      const known = new VisitorCounts(cache);
      return (index) =>
        known.learn(
          { ...QUERY, filters: [is('referrer', pieceOf(index, 100_000))] },
          { kind: 'every-owner' },
          {
            summary: SUMMARY,
          },
        );
    },
  ],
  [
    'query strings',
    (cache) => {
      const known = new ParsedRequests(cache);
      const { range: _, ...question } = QUERY;
      return (index) => {
        const text = pieceOf(index, 100_000);
        const subject = { scope: 'anon', shortCode: text.slice(0, 128) } as const;
        const asked = known.add(text, {
          ...question,
          subject,
          filters: [is('os', text)],
          start: undefined,
          end: 1,
          endsNow: false,
          segments: [],
        });
        cacheKey(asked, { kind: 'url', ownerId: 'me', shortCode: 'launch' });
      };
    },
  ],
  [
    'user agents',
    (cache) => {
      const parse = cachedUserAgents(cache);
      return (index) => parse(pieceOf(index, 2_048));
    },
  ],
  [
    'URLs',
    (cache) => {
      const stored = new StoredUrls(nowhere, () => 1, cache, true);
      return (index) => {
        const text = pieceOf(index, 8_192);
        const [shortCode, longUrl] = [text.slice(0, 128), text].map((piece) => Buffer.from(piece).toString());
        const url = {
          shortCode: shortCode ?? '',
          ownerId: 'me',
          createdAt: 0,
          privateStats: true,
          longUrl: longUrl ?? '',
          tags: [],
        };
        stored.cached.beginRead()(text.slice(0, 128), url);
      };
    },
  ],
  [
    'texts of a workbook',
    () => {
      const texts = new SharedTexts('<sst></sst>');
      return (index) => texts.placeOf(pieceOf(index, 2_048));
    },
  ],
];

test.each(FILLED)('%s take no more memory than the cache may, whatever they are cut out of', (_, fill) => {
  const before = memory();
  const cache = new ByteLru<any>(8 * MIB);
  const add = fill(cache);
  // The texts that they are cut out of take three times what is allowed.
  for (let index = 0; index < 200; index++) add(index);
  expect(memory() - before).toBeLessThan(24);
  expect(cache.bytes).toBeLessThanOrEqual(8 * MIB);
  // Used, so that it is still there when its memory is looked at.
  add(0);
});
