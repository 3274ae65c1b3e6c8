import { expect, test } from '@jest/globals';
import { parseAddress, writeAddress } from '../../src/dashboard/address.ts';
import { dimensionText, valueText } from '../../src/dashboard/labels.ts';
import { listsOf, wideLists, withList } from '../../src/dashboard/shown-lists.ts';
import { TOPICS } from '../../src/stats/registry/dimension.ts';
import { FILTER_NAMES, valueDimensionOf } from '../../src/stats/registry/dimension-names.ts';

const ALL = { scope: 'all' } as const;
const ONE_LINK = { scope: 'anon', shortCode: 'a' } as const;
const OVERVIEW = FILTER_NAMES.filter((name) => valueDimensionOf(name).isInOverview);

const viewOf = (search: string) => parseAddress(search, 'UTC');

test('the lists are those of the overview, unless the address has others', () => {
  expect(listsOf(viewOf(''), ALL).toSorted()).toEqual(OVERVIEW.toSorted());
  expect(listsOf(viewOf(''), ALL).slice(0, 3)).toEqual(['referrer', 'short_code', 'country']);
  expect(listsOf(viewOf('group_by=time,device,property.plan'), ALL)).toEqual(['device', 'property.plan']);
});

test('one link has no list of links', () => {
  expect(listsOf(viewOf('group_by=short_code,device'), ONE_LINK)).toEqual(['device']);
  expect(listsOf(viewOf('group_by=short_code'), ONE_LINK)).toEqual(
    listsOf(viewOf(''), ALL).filter((name) => name !== 'short_code'),
  );
});

test.each([...FILTER_NAMES, 'property.plan' as const])('%s can be in every place, and has words', (name) => {
  const view = viewOf('browser=Chrome');
  for (let place = 0; place < OVERVIEW.length; place += 1) {
    const chosen = parseAddress(writeAddress(withList(view, ALL, place, name)), 'UTC');
    const lists = listsOf(chosen, ALL);
    expect(lists[place]).toBe(name);
    expect([lists.length, new Set(lists).size]).toEqual([OVERVIEW.length, OVERVIEW.length]);
    expect(chosen.filters).toEqual(view.filters);
  }
  const { one, many, topic, values } = dimensionText(name);
  expect([one, many, TOPICS[topic]].every((text) => text.length > 0)).toBe(true);
  expect(new Set(values.map((value) => valueText(name, value))).size).toBe(values.length);
});

test('the lists of the overview need no address', () => {
  const other = withList(viewOf(''), ALL, 0, 'device');
  expect(writeAddress(other)).toContain('group_by=device%2C');
  expect(withList(other, ALL, 0, 'referrer')).toEqual(viewOf(''));
});

test.each([
  [1, 0],
  [4, 0],
  [5, 1],
  [6, 2],
  [12, 2],
])('of %d lists %d are wide', (count, wide) => {
  expect(wideLists(OVERVIEW.concat(OVERVIEW).slice(0, count))).toBe(wide);
});

test.each([
  ['weekday', '1', 'Monday'],
  ['weekday', '7', 'Sunday'],
  ['hour_of_day', '0', '00:00'],
  ['hour_of_day', '23', '23:00'],
  ['language', 'de', 'German'],
  ['language', '(none)', '(none)'],
  ['language', 'xx-not a code', 'xx-not a code'],
  ['country', 'DE', 'Germany'],
  ['country', 'XX', 'Unknown'],
  ['referrer', 'https://example.com/a', 'example.com/a'],
  ['referrer', 'https://www.example.com/a', 'www.example.com/a'],
  ['referrer', 'http://example.com/a', 'http://example.com/a'],
  ['referrer', 'android-app://com.example', 'android-app://com.example'],
  ['utm_source', '(none)', '(none)'],
  ['property.weekday', '1', '1'],
] as const)('%s %j reads: %s', (name, value, text) => {
  expect(valueText(name, value)).toBe(text);
});
