import { describe, expect, test } from '@jest/globals';
import { parseAddress } from '../../src/dashboard/address.ts';
import { filterText } from '../../src/dashboard/filter-words.ts';
import { type ShownAs, dimensionText, valueText } from '../../src/dashboard/labels.ts';
import { countryCode, countryNames } from '../../src/lib/country.ts';
import { FILTER_NAMES } from '../../src/stats/registry/dimension-names.ts';
import {
  excludeRow,
  isFilteredBy,
  negated,
  toggleFilter,
  withFilter,
} from '../../src/dashboard/filtering.ts';
import { typedCondition, typedValues } from '../../src/dashboard/typed-condition.ts';
import { parseFilters } from '../../src/stats/parse/filter-parameters.ts';
import { filterForm } from '../../src/stats/parse/filter-form.ts';
import { OPERATORS, OPERATOR_NAMES } from '../../src/stats/registry/operators.ts';
import { condition, is } from '../support/filters.ts';

const PLAIN = parseAddress('', 'UTC');

test('a filter that is toggled twice is gone, and its dimension with it', () => {
  const once = toggleFilter(PLAIN, 'browser', 'Chrome');
  const both = toggleFilter(once, 'browser', 'Firefox');
  expect(both.filters).toEqual([is('browser', 'Chrome', 'Firefox')]);
  expect(toggleFilter(both, 'browser', 'Chrome').filters).toEqual([is('browser', 'Firefox')]);
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
    const view = { ...PLAIN, filters: [is(name, wanted)] };
    expect(isFilteredBy(view, name, row)).toBe(isTaken);
    expect(toggleFilter(view, name, row).filters).toEqual(isTaken ? [] : [is(name, wanted, row)]);
  });

  test('is removed by itself', () => {
    const view = { ...PLAIN, filters: [is('country', 'Germany', 'DE', 'US')] };
    expect(toggleFilter(view, 'country', 'DE').filters).toEqual([is('country', 'US')]);
  });

  test('a row is chosen in any letter case where that does not matter, and by no other operator than is', () => {
    const view = { ...PLAIN, filters: [condition('is', 'browser', ['chrome'], false)] };
    expect(isFilteredBy(view, 'browser', 'Chrome')).toBe(true);
    const others = OPERATOR_NAMES.filter((name) => name !== 'is');
    for (const operator of others)
      expect(isFilteredBy({ ...PLAIN, filters: [condition(operator, 'os', ['a'])] }, 'os', 'a')).toBe(false);
  });
});

test('a row that is left out is no longer among those that are wanted', () => {
  const view = { ...PLAIN, filters: [is('os', 'Linux', 'Windows')] };
  const left = excludeRow(view, 'os', 'Linux');
  expect(left.filters).toEqual([is('os', 'Windows'), condition('is_not', 'os', ['Linux'])]);
  expect(excludeRow(left, 'os', 'Android').filters.at(-1)).toEqual(
    condition('is_not', 'os', ['Linux', 'Android']),
  );
});

test('values add up with those of the same dimension, operator and letter case alone', () => {
  const view = { ...PLAIN, filters: [is('os', 'Linux')] };
  expect(withFilter(view, is('os', 'iOS', 'Linux')).filters).toEqual([is('os', 'Linux', 'iOS')]);
  for (const other of [
    is('browser', 'x'),
    condition('contains', 'os', ['x']),
    condition('is', 'os', ['x'], false),
  ])
    expect(withFilter(view, other).filters).toEqual([is('os', 'Linux'), other]);
});

describe('the other clicks', () => {
  test.each(OPERATOR_NAMES)('%s: two negations are none, and one is an operator or a group', (operator) => {
    const filter = condition(operator, 'browser', ['a']);
    const other = negated(filter);
    expect(negated(other)).toEqual(filter);
    if (other.operator === 'not') expect(other).toEqual({ operator: 'not', filter });
    else expect(isNegative(other.operator)).toBe(!isNegative(operator));
  });

  test.each([
    ['is', 'is_not'],
    ['contains', 'does_not_contain'],
    ['matches', 'does_not_match'],
    ['starts_with', 'not'],
  ] as const)('of %s are those of %s', (operator, other) => {
    expect(negated(condition(operator, 'os', ['a'])).operator).toBe(other);
  });
});

function isNegative(operator: string): boolean | undefined {
  return OPERATOR_NAMES.map((name) => [name, OPERATORS[name].isNegative] as const).find(
    ([name]) => name === operator,
  )?.[1];
}

test.each([
  [{ browser: ['Chrome'] }, 'Browser: Chrome'],
  [{ country: ['DE', 'US', 'XX'] }, 'Country: Germany, United States or Unknown'],
  [{ weekday: { is_not: ['1', '7'] } }, 'Weekday is not Monday or Sunday'],
  [{ hour_of_day: ['8'] }, 'Hour of the day: 08:00'],
  [{ language: ['de', '(none)'] }, 'Language: German or (none)'],
  [{ utm_source: ['(none)'] }, 'Campaign source: (none)'],
  [{ 'property.plan': { starts_with: ['p'] } }, 'Property plan starts with p'],
  [{ city: { contains: ['x'], case_sensitive: false } }, 'City contains x in any letter case'],
  [{ referrer: ['https://a.example', 'a.example'] }, 'Referrer: https://a.example or a.example'],
  [{ language: ['he', 'iw'] }, 'Language: Hebrew'],
  [{ referrer: { starts_with: ['http://', 'https://a.'] } }, 'Referrer starts with http:// or https://a.'],
  [['not', { os: 'a', browser: 'b' }], 'not (System: a and Browser: b)'],
  [
    ['or', [{ os: 'a' }, { os: { is_not: 'b' }, browser: 'c' }]],
    'System: a or (System is not b and Browser: c)',
  ],
  [['not', ['or', [{ os: 'a' }, ['not', { os: 'b' }]]]], 'not (System: a or not System: b)'],
])('%j reads: %s', (filters, text) => {
  const [filter, ...others] = parseFilters({ filters: JSON.stringify(filters) }, 'all');
  expect(others).toEqual([]);
  expect(filter && filterText(filter)).toBe(text);
});

describe('a filter that is typed', () => {
  const typed = (fields: Readonly<Record<string, string>>) =>
    typedCondition(new Map(Object.entries({ dimension: 'city', operator: 'is', ...fields })));

  test.each([
    [{ values: 'a,b\r\n\nc\na,b' }, { city: ['a,b', 'c'] }],
    [{ values: 'x', operator: 'does_not_match' }, { city: { does_not_match: ['x'] } }],
    [{ values: 'x', 'any-case': 'on' }, { city: { is: ['x'], case_sensitive: false } }],
    [{ values: 'monday\n3', dimension: 'weekday' }, { weekday: ['1', '3'] }],
    [{ values: 'Monday', dimension: 'weekday', operator: 'contains' }, { weekday: { contains: ['Monday'] } }],
    [{ values: 'pro', dimension: '', key: 'plan' }, { 'property.plan': ['pro'] }],
  ])('%j', (fields, form) => {
    const condition = typed(fields);
    expect(condition && filterForm([condition])).toEqual(form);
  });

  /** Values that are shown as something else. */
  const SHOWN: Readonly<Record<ShownAs, readonly string[]>> = {
    text: ['Chrome', '(none)'],
    country: [...countryNames().keys()],
    language: ['de', 'pt', 'iw', 'ga', '(none)'],
    hour: [],
    weekday: [],
    address: [
      'https://a.example/b',
      'http://a.example',
      'https://www.a.example',
      'android-app://com.a',
      'Direct',
    ],
  };

  test.each(FILTER_NAMES)('as the page shows it means that value: %s', (dimension) => {
    const { shownAs, values } = dimensionText(dimension);
    for (const value of values.length > 0 ? values : SHOWN[shownAs]) {
      if (shownAs === 'country') expect(countryCode(valueText(dimension, value))).toBe(value);
      const condition = typed({ dimension, values: valueText(dimension, value) });
      const filters = parseFilters({ filters: JSON.stringify(condition && filterForm([condition])) }, 'all');
      expect([value, isFilteredBy({ filters }, dimension, value)]).toEqual([value, true]);
    }
  });

  test('a language is meant in any letter case, with every code that it has, but a code is itself', () => {
    const codes = (values: string) => typed({ dimension: 'language', values })?.values;
    expect(codes('german')).toEqual(['de', 'deu', 'ger']);
    expect(codes('de')).toEqual(['de']);
    // The name of another language, and the code of Irish.
    expect(codes('Ga')).toEqual(['gaa']);
    expect(codes('ga')).toEqual(['ga']);
    expect(codes('no language')).toEqual(['no language']);
  });

  test.each([
    [is('weekday', '1', '7'), 'Monday\nSunday'],
    [is('channel', 'AI'), 'AI'],
    [condition('matches', 'hour_of_day', ['1$', '2']), '1$\n2'],
    [is('country', 'DE', 'Türkiye'), 'DE\nTürkiye'],
    [is('referrer', 'https://www.example.com'), 'https://www.example.com'],
  ])('%j is typed again as %j', (given, values) => {
    expect(typedValues(given)).toBe(values);
    const { dimension, operator } = given;
    expect(typed({ dimension, operator, values })).toEqual(given);
  });

  test('is changed as it was where a value of it has a line end', () => {
    const given = is('city', 'a\nb', 'c\r\nd', 'e\rf', 'g');
    const values = typedValues(given);
    expect(values.split('\n')).toHaveLength(4);
    const { dimension, operator } = given;
    const form = new Map(Object.entries({ dimension, operator, values: `${values}\r\nnew` }));
    expect(typedCondition(form, given)).toEqual({ ...given, values: [...given.values, 'new'] });
  });

  test.each([{ values: ' \n' }, { values: 'x', dimension: '', key: ' ' }, { values: 'x', operator: 'isnt' }])(
    '%j is none',
    (fields) => expect(typed(fields)).toBeUndefined(),
  );
});
