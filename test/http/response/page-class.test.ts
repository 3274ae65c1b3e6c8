import { expect, test } from '@jest/globals';
import { clickListQuery, parseClickRequest } from '../../../src/click-rows/click-query.ts';
import { pageClassOf } from '../../../src/http/response/click-pages.ts';
import type { StatsQuery } from '../../../src/stats/query.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const MONTH = Date.parse('2026-06-01T00:00:00Z');
const TENANT = { kind: 'owner', ownerId: 'me' } as const;

/** Of an owner who has many clicks, of which so many are of this month. */
const estimates = (recent: number) => ({
  find: ({ range }: StatsQuery) => (range.start < MONTH ? 500_000_000 : recent),
  refresh: () => {},
});

function classOfPage(recent: number, filter: Readonly<Record<string, string>> = {}) {
  const asked = parseClickRequest(
    { start_date: '2020-01-01', ...filter },
    { now: NOW, timeZones: new Set(['UTC']) },
  );
  const query = { ...clickListQuery(asked), order: 'newest' } as const;
  const holder = { kind: 'owner', name: 'me' } as const;
  return pageClassOf({ query, after: undefined, tenant: TENANT, limit: 100 }, holder, estimates(recent));
}

test.each([
  ['its first month has enough clicks for it', 1_000, {}, false],
  ['its first month has too few', 50, {}, true],
  ['a filter may hold for none of them', 1_000, { browser: 'Nothing' }, true],
  ['bots are left out', 1_000, { bots: 'exclude' }, true],
])('a page is as expensive as what it may read: %s', (_, recent, filter, isExpensive) => {
  expect(classOfPage(recent, filter).isExpensive).toBe(isExpensive);
});
