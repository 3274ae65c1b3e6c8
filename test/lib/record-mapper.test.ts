import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { Rejected, propertyReader, recordMapper, textLengths } from '../../src/lib/record-mapper.ts';

type Numbers = { readonly [Name in 'a' | 'b_2']?: number | undefined };

/** Adds the context to each number; no sum may be above 100. */
const added = recordMapper<Numbers, { a: number; b_2: number }, number>(
  ['a', 'b_2'],
  () => (value, context) => {
    const sum = (value ?? 0) + context;
    return sum > 100 ? new Rejected('above 100') : sum;
  },
);

describe('recordMapper', () => {
  test('maps field by field, what is absent too, and stops at what does not fit', () => {
    const field = fc.option(fc.integer({ min: -5, max: 110 }), { nil: undefined });
    fc.assert(
      fc.property(fc.record({ a: field, b_2: field }), fc.integer({ min: 0, max: 20 }), (from, context) => {
        const mapped = Object.entries(from).map(([name, value = 0]) => [name, value + context]);
        const fits = Object.values(from).every((value = 0) => value + context <= 100);
        expect(added(from, context)).toEqual(fits ? Object.fromEntries(mapped) : undefined);
      }),
    );
  });

  test('gives the fields in the order of their names', () => {
    expect(Object.keys(added({ b_2: 1, a: 2 }, 0) ?? {})).toEqual(['a', 'b_2']);
  });

  test('asks no map about an absent field whose value is known', () => {
    const mapped = recordMapper<Numbers, { a: number; b_2: number }, undefined>(
      ['a', 'b_2'],
      () => (value) => value ?? -1,
      (name) => (name === 'a' ? { value: 7 } : undefined),
    );
    expect(mapped({}, undefined)).toEqual({ a: 7, b_2: -1 });
    expect(mapped({ a: 1, b_2: 2 }, undefined)).toEqual({ a: 1, b_2: 2 });
  });

  test.each(['a.b', 'a;b', '', 'A', '1a', "a'"])('takes no name such as %j', (name) => {
    expect(() =>
      recordMapper<Record<string, number>, Record<string, number>, void>([name], () => () => 0),
    ).toThrow('no plain name');
    expect(() => propertyReader('row', name)).toThrow('no plain name');
  });
});

test('propertyReader reads the property of its name', () => {
  expect(
    propertyReader<'row', 'b_2', { row: Numbers & { b_2: number } }>('row', 'b_2')({ row: { a: 1, b_2: 2 } }),
  ).toBe(2);
});

test('textLengths adds up the lengths of the texts of its names', () => {
  const from = { a: 'one', b_2: 'twelve', c: 'left out' };
  expect(textLengths<typeof from, 'a' | 'b_2'>(['a', 'b_2'])(from)).toBe(9);
  expect(textLengths<typeof from, never>([])(from)).toBe(0);
});
