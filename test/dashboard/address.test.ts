import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { MAX_ADDRESS_BYTES, type View, parseAddress, writeAddress } from '../../src/dashboard/address.ts';
import { statsParameters } from '../../src/dashboard/api-query.ts';
import { PERIOD_NAMES } from '../../src/dashboard/period-choices.ts';
import { FILTER_NAMES, valueDimensionOf } from '../../src/stats/registry/dimension-names.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { OPERATOR_NAMES } from '../../src/stats/registry/operators.ts';
import { RANGE_NAMES } from '../../src/stats/registry/ranges.ts';
import { filterForm } from '../../src/stats/parse/filter-form.ts';
import { parseFilters } from '../../src/stats/parse/filter-parameters.ts';
import { MAX_HEADER_BYTES } from '../../src/http/request/request-limits.ts';
import { BOT_CHOICES } from '../../src/stats/parse/values.ts';
import { HOSTILE_CODES, HOSTILE_TEXTS } from '../support/exports.ts';
import { is } from '../support/filters.ts';
import { FILTER_SPELLINGS } from '../support/filter-spellings.ts';

const filled = fc
  .oneof(fc.constantFrom(...HOSTILE_TEXTS, ...HOSTILE_CODES), fc.string({ unit: 'binary', minLength: 1 }))
  .filter((text) => text.trim() !== '');
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });

const moving = fc.oneof(
  fc.constantFrom(...PERIOD_NAMES).map((name) => ({ kind: 'relative', name }) as const),
  fc.constantFrom(...RANGE_NAMES).map((name) => ({ kind: 'named', name }) as const),
);
const fixed = fc
  .tuple(maybe(filled), maybe(filled))
  .filter((edges) => edges.some((edge) => edge !== undefined))
  .map(([start, end]) => ({ kind: 'fixed', start, end }) as const);

const dimension = fc.constantFrom(...FILTER_NAMES, 'property.plan', 'property.a,b.is_not' as const);

/** Filters as the API reads them, from any spelling that is not refused. */
const operator = fc.constantFrom(...OPERATOR_NAMES);
const values = fc.uniqueArray(
  fc.oneof(
    filled.filter((text) => !text.includes('\0')),
    fc.constant(' '),
  ),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const freeDimension = dimension.filter((name) => {
  const { fault, values: known } = valueDimensionOf(name);
  return fault === undefined && known === undefined;
});
const condition = fc.tuple(operator, freeDimension, values, fc.record({ case_sensitive: fc.boolean() }));
const { expression } = fc.letrec<{ expression: readonly unknown[] }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 2 },
    condition,
    tie('expression').map((inner) => ['not', inner]),
    fc.tuple(fc.constantFrom('and', 'or'), fc.array(tie('expression'), { minLength: 1, maxLength: 3 })),
  ),
}));
const filters = fc
  .array(expression, { maxLength: 3 })
  .map((drawn) => parseFilters({ filters: drawn.map((one) => JSON.stringify(one)) }, 'all'));

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);

const views: fc.Arbitrary<View> = fc.record({
  scope: fc.constantFrom('all', 'anon'),
  ownerId: maybe(filled),
  period: fc.oneof(moving, fixed),
  compare: fc.constantFrom('previous', 'year', 'none', '2025-01-01/2025-01-31'),
  matchesWeekdays: fc.boolean(),
  interval: maybe(fc.constantFrom(...INTERVAL_NAMES)),
  timezone: filled,
  bots: fc.constantFrom(...BOT_CHOICES),
  filters,
  unread: fc.array(
    fc.constantFrom(
      ['filters', '{"browser'] as const,
      ['browser.isnt', 'a'] as const,
      ['property.', 'x'] as const,
    ),
    { maxLength: 2 },
  ),
  segments: fc.uniqueArray(name, { maxLength: 3 }),
  lists: maybe(fc.uniqueArray(dimension, { minLength: 1, maxLength: 8 })),
});

test('a view is read back from its address as it was', () => {
  fc.assert(
    fc.property(views, (view) => {
      const read = parseAddress(`?${writeAddress(view)}`, 'UTC');
      expect(filterForm(read.filters)).toEqual(filterForm(view.filters));
      const unread = ({ unread: given }: View) => given.map((one) => one.join('=')).toSorted();
      expect(unread(read)).toEqual(unread(view));
      const others = { filters: [], unread: [] };
      expect({ ...read, ...others }).toEqual({ ...view, ...others });
    }),
  );
});

test('an address that was written once stays as it is', () => {
  fc.assert(
    fc.property(fc.webQueryParameters(), (search) => {
      const address = writeAddress(parseAddress(search, 'UTC'));
      expect(writeAddress(parseAddress(address, 'Asia/Tokyo'))).toBe(address);
    }),
  );
});

const PLAIN = parseAddress('', 'Europe/Berlin');

describe('an address', () => {
  test('without anything is the last seven days of everything, in the zone of the one who looks', () => {
    expect(PLAIN).toEqual({
      scope: 'all',
      ownerId: undefined,
      period: { kind: 'relative', name: '7d' },
      compare: 'previous',
      matchesWeekdays: false,
      interval: undefined,
      timezone: 'Europe/Berlin',
      bots: 'include',
      filters: [],
      unread: [],
      segments: [],
      lists: undefined,
    });
    expect(writeAddress(PLAIN)).toBe('timezone=Europe%2FBerlin');
  });

  test.each([
    ['unknown names', 'group_by=time,x&match=x&x=1&time=2025'],
    [
      'empty values',
      'interval=&bots=&start_date=&period=%20&range=&timezone=&browser=&browser=%20&short_code=&filters=&segment=&group_by=,',
    ],
  ])('%s are left out', (_, search) => {
    expect(parseAddress(search, 'Europe/Berlin')).toEqual(PLAIN);
  });

  test.each([
    ['interval', 'fortnight'],
    ['bots', 'maybe'],
    ['period', '1y'],
    ['range', 'next_week'],
  ])('%s=%s is kept for the API to refuse', (key, text) => {
    const view = parseAddress(`${key}=${text}`, 'Europe/Berlin');
    expect(view).toEqual({ ...PLAIN, unread: [[key, text]] });
    expect(parseAddress(writeAddress(view), 'UTC')).toEqual(view);
    expect(statsParameters(view, { scope: 'all' }, Date.now()).getAll(key)).toEqual([text]);
  });

  test('two dates win over a period', () => {
    const { period } = parseAddress('period=30d&start_date=2025-03-01', 'UTC');
    expect(period).toEqual({ kind: 'fixed', start: '2025-03-01', end: undefined });
  });

  test('a value is not split at a comma, and stands once', () => {
    const { filters } = parseAddress('city=a,b&city=c&city=a,b', 'UTC');
    expect(filterForm(filters)).toEqual({ city: ['a,b', 'c'] });
  });
});

/** An address with parameters as they stand in a request to the API. */
function addressOf(raw: Readonly<Record<string, string | readonly string[]>>): string {
  const address = new URLSearchParams();
  for (const [key, given] of Object.entries(raw))
    for (const value of [given].flat()) address.append(key, value);
  return address.toString();
}

describe('filters in an address', () => {
  test.each(FILTER_SPELLINGS)('%j mean what they mean to the API, and stay so', (spelling, filters, form) => {
    const view = parseAddress(addressOf(spelling), 'UTC');
    expect([view.filters, view.unread]).toEqual([filters, []]);
    const written = new URLSearchParams(writeAddress(view));
    expect(parseAddress(written.toString(), 'UTC')).toEqual(view);
    const inJson = written.get('filters');
    if (inJson !== null) expect(JSON.parse(inJson)).toEqual(form);
  });

  test.each([
    [{ browser: 'Chrome', city: ['a,b', 'c'] }, 'browser=Chrome&city=a%2Cb&city=c'],
    [{ 'os.is': 'Linux' }, 'os=Linux'],
    [{ 'property.plan': 'pro' }, `filters=${encodeURIComponent('{"property.plan":["pro"]}')}`],
    [
      { os: 'Linux', 'city.is_not': 'x' },
      `filters=${encodeURIComponent('{"os":["Linux"],"city":{"is_not":["x"]}}')}`,
    ],
  ])('%j are written as %s', (given, address) => {
    const written = writeAddress(parseAddress(addressOf(given), 'UTC'));
    expect(written).toBe(`${address}&timezone=UTC`);
  });

  test.each([
    ['filters', '{"browser'],
    ['filters', '{"brwser":["Chrome"]}'],
    ['filters', '{"browser":{"isnt":["Chrome"]}}'],
    ['filters', '{"browser":{}}'],
    ['filters', '{"browser":{"is":["Chrome"],"case_sensitive":1}}'],
    ['filters', '{"browser":[1]}'],
    ['filters', '["or",[]]'],
    ['filters', '["or",[{}]]'],
    ['filters', '["not",{"os":"a"},{"os":"b"}]'],
    ['filters', '["is","browser",["Chrome"],{"fold":true}]'],
    ['filters', '["is","browser",[]]'],
    ['filters', '"browser"'],
    ['property.', 'x'],
  ])('%s=%s, which the API refuses, is kept for it to refuse', (key, text) => {
    expect(() => parseFilters({ [key]: text, browser: 'Edge' }, 'all')).toThrow();
    const view = parseAddress(addressOf({ [key]: text, browser: 'Edge' }), 'UTC');
    expect(view.unread).toEqual([[key, text]]);
    expect(filterForm(view.filters)).toEqual({ browser: ['Edge'] });
    expect(parseAddress(writeAddress(view), 'UTC')).toEqual(view);
  });

  test('many values are one parameter: a server bounds how many there are', () => {
    const cities = Array.from({ length: 1_500 }, (_, place) => `city ${place}, a`);
    const view = { ...parseAddress('', 'UTC'), filters: [is('city', ...cities)] };
    const written = writeAddress(view);
    expect(new URLSearchParams(written).size).toBeLessThan(10);
    expect(parseAddress(written, 'UTC')).toEqual(view);
  });

  test('the longest address leaves room for headers in what the server takes', () => {
    expect(MAX_HEADER_BYTES - MAX_ADDRESS_BYTES).toBeGreaterThanOrEqual(8_192);
  });

  test('an operator that there is none of is kept, too', () => {
    expect(parseAddress('browser.isnt=Chrome', 'UTC').unread).toEqual([['browser.isnt', 'Chrome']]);
  });
});
