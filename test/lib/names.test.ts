import { describe, expect, test } from '@jest/globals';
import { nearestName } from '../../src/lib/names.ts';

describe('the nearest name', () => {
  const names = ['group_by', 'start_date', 'os', 'city', 'country'];

  test.each([
    ['group_by', 'group_by'],
    ['groupBy', 'group_by'],
    ['grup_by', 'group_by'],
    ['GROUP-BY ', 'group_by'],
    ['startdat', 'start_date'],
    ['cuontry', 'country'],
    ['countries', 'country'],
    ['citi', 'city'],
    ['o', 'os'],
  ])('of %j is %s', (text, name) => {
    expect(nearestName(text, names)).toBe(name);
  });

  test.each(['', 'x', 'colour', 'date', 'start_date_of_all', 'group_by'.repeat(100_000)])(
    'of %.20j is none',
    (text) => {
      expect(nearestName(text, names)).toBeUndefined();
    },
  );

  test('is the first of those that are equally near', () => {
    expect(nearestName('cat', ['car', 'can'])).toBe('car');
  });
});
