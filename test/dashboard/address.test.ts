import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type View,
  isFilteredBy,
  parseAddress,
  removeFilter,
  toggleFilter,
  writeAddress,
} from '../../src/dashboard/address.ts';
import { PERIOD_NAMES } from '../../src/dashboard/periods.ts';
import { FILTER_NAMES } from '../../src/stats/registry/dimensions.ts';
import { INTERVAL_NAMES } from '../../src/stats/registry/intervals.ts';
import { BOT_CHOICES } from '../../src/stats/parse/values.ts';
import { HOSTILE_CODES, HOSTILE_TEXTS } from '../support/exports.ts';

const filled = fc
  .oneof(fc.constantFrom(...HOSTILE_TEXTS, ...HOSTILE_CODES), fc.string({ unit: 'binary', minLength: 1 }))
  .filter((text) => text.trim() !== '');
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });

const moving = fc.constantFrom(...PERIOD_NAMES).map((name) => ({ kind: 'relative', name }) as const);
const fixed = fc
  .tuple(maybe(filled), maybe(filled))
  .filter((edges) => edges.some((edge) => edge !== undefined))
  .map(([start, end]) => ({ kind: 'fixed', start, end }) as const);

const views: fc.Arbitrary<View> = fc.record({
  scope: fc.constantFrom('all', 'anon'),
  ownerId: maybe(filled),
  period: fc.oneof(moving, fixed),
  interval: maybe(fc.constantFrom(...INTERVAL_NAMES)),
  timezone: filled,
  bots: fc.constantFrom(...BOT_CHOICES),
  filters: fc
    .uniqueArray(fc.constantFrom(...FILTER_NAMES))
    .chain((names) =>
      fc.record(
        Object.fromEntries(
          names.map((name) => [name, fc.uniqueArray(filled, { minLength: 1, maxLength: 4 })]),
        ),
      ),
    ),
});

test('a view is read back from its address as it was', () => {
  fc.assert(
    fc.property(views, (view) => expect(parseAddress(`?${writeAddress(view)}`, 'UTC')).toEqual(view)),
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
      interval: undefined,
      timezone: 'Europe/Berlin',
      bots: 'include',
      filters: {},
    });
    expect(writeAddress(PLAIN)).toBe('timezone=Europe%2FBerlin');
  });

  test.each([
    [
      'a wrong interval, choice, period and unknown names',
      'interval=fortnight&bots=maybe&period=1y&x=1&time=2025',
    ],
    ['empty values', 'interval=&bots=&start_date=&timezone=&browser=&browser=%20&short_code='],
  ])('%s are left out', (_, search) => {
    expect(parseAddress(search, 'Europe/Berlin')).toEqual(PLAIN);
  });

  test('two dates win over a period', () => {
    const { period } = parseAddress('period=30d&start_date=2025-03-01', 'UTC');
    expect(period).toEqual({ kind: 'fixed', start: '2025-03-01', end: undefined });
  });

  test('a value is not split at a comma, and stands once', () => {
    const { filters } = parseAddress('city=a,b&city=c&city=a,b', 'UTC');
    expect(filters).toEqual({ city: ['a,b', 'c'] });
  });
});

test('a filter that is toggled twice is gone, and its dimension with it', () => {
  const once = toggleFilter(PLAIN, 'browser', 'Chrome');
  const both = toggleFilter(once, 'browser', 'Firefox');
  expect(both.filters).toEqual({ browser: ['Chrome', 'Firefox'] });
  expect(toggleFilter(both, 'browser', 'Chrome').filters).toEqual({ browser: ['Firefox'] });
  expect(toggleFilter(once, 'browser', 'Chrome')).toEqual(PLAIN);
});

describe('a filter the way the API also takes it', () => {
  test.each([
    ['country', 'Germany', 'DE', true],
    ['country', ' germany', 'DE', true],
    ['country', 'DE', 'DE', true],
    ['country', 'de', 'DE', true],
    ['country', 'Unknown', 'XX', true],
    ['country', 'Germany', 'US', false],
    ['referrer', 'google.com', 'https://google.com', true],
    ['referrer', 'Google.com', 'http://google.com/search', true],
    ['referrer', 'google.com', 'https://www.google.com', false],
    ['referrer', 'google.com', 'https://google.com.example', false],
    ['referrer', 'https://google.com/?q=1', 'https://google.com', true],
    ['referrer', 'https://google.com', 'https://google.com/search', false],
    ['referrer', 'google.com/search', 'http://google.com/search', true],
    ['referrer', 'google.com/search', 'https://google.com', false],
    ['referrer', 'com.example', 'android-app://com.example', true],
    ['referrer', 'Direct', 'Direct', true],
    ['referrer', 'google.com', 'Direct', false],
    ['browser', 'chrome', 'Chrome', false],
  ] as const)('%s=%j takes in the row %j: %j', (name, wanted, row, isTaken) => {
    const view = { ...PLAIN, filters: { [name]: [wanted] } };
    expect(isFilteredBy(view, name, row)).toBe(isTaken);
    expect(toggleFilter(view, name, row).filters[name]).toEqual(isTaken ? undefined : [wanted, row]);
  });

  test('is removed by itself', () => {
    const view = { ...PLAIN, filters: { country: ['Germany', 'DE', 'US'] } };
    expect(removeFilter(view, 'country', 'DE').filters).toEqual({ country: ['Germany', 'US'] });
    expect(toggleFilter(view, 'country', 'DE').filters).toEqual({ country: ['US'] });
  });
});
