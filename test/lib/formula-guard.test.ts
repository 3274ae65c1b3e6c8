import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { neutralise } from '../../src/lib/formula-guard.ts';
import { FORMULA_SIGNS, INVISIBLE_SIGNS, neutralised } from '../support/exports.ts';

const texts = fc.oneof(
  fc.array(fc.constantFrom(...FORMULA_SIGNS, ...INVISIBLE_SIGNS, 'a', "'", '1'), { maxLength: 6 }),
  fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 2 }),
);

describe('a text that a spreadsheet might take for a formula', () => {
  test('gets one apostrophe, and no other text does', () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('');
        expect(neutralise(text)).toBe(neutralised(text));
        expect(neutralise(neutralise(text))).toBe(neutralise(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is known by the properties that Unicode gives each code point', () => {
    const wrong = Array.from({ length: 0x110000 }, (_, point) => String.fromCodePoint(point)).filter(
      (sign) => neutralise(`${sign}=1`) !== neutralised(`${sign}=1`),
    );
    expect(wrong).toEqual([]);
  });

  test.each(['a\n=1', '1=1', "'=1", '', ' ', '\u200B', '(=1)', 'a b', '. =1'])('is not %j', (text) => {
    expect(neutralise(text)).toBe(text);
  });
});
