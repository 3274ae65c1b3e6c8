import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import { firstCharacters } from '../../src/lib/first-characters.ts';
import { characters, hasControlCharacter, isBlank, quotable, wellFormed } from '../../src/lib/text.ts';

const anyUtf16 = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.constant(0)),
  )
  .map((units) => String.fromCharCode(...units));

describe('wellFormed', () => {
  test('replaces each lone surrogate and each U+0000, and nothing else', () => {
    fc.assert(
      fc.property(anyUtf16, (text) => {
        const expected = Array.from(text, (character) => {
          const code = character.codePointAt(0) ?? 0;
          return code === 0 || (code >= 0xd800 && code <= 0xdfff) ? '\uFFFD' : character;
        });
        expect(wellFormed(text)).toBe(expected.join(''));
      }),
    );
  });

  test('survives UTF-8 unchanged', () => {
    fc.assert(
      fc.property(anyUtf16, (text) => {
        expect(Buffer.from(wellFormed(text)).toString()).toBe(wellFormed(text));
      }),
    );
  });
});

describe('characters', () => {
  test('counts code points, as iterating does', () => {
    fc.assert(
      fc.property(anyUtf16, (text) => {
        expect(characters(text)).toBe(Array.from(text).length);
      }),
    );
  });

  test('counts an emoji once', () => {
    expect(characters('a😀b')).toBe(3);
  });
});

describe('firstCharacters', () => {
  test('cuts between code points, as iterating does', () => {
    fc.assert(
      fc.property(anyUtf16, fc.nat(20), (text, count) => {
        expect(firstCharacters(text, count)).toBe(Array.from(text).slice(0, count).join(''));
      }),
    );
  });
});

describe('isBlank', () => {
  test('is true for nothing but white space', () => {
    const found = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isBlank);
    expect(found.join('')).toMatch(/^\s{20,}$/);
    expect(found).toEqual(found.filter((character) => isBlank(` ${character} `)));
    expect([isBlank(''), isBlank('a'), isBlank(' a'), isBlank('\u3000é')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('hasControlCharacter', () => {
  test('is true for exactly C0, DEL and C1', () => {
    const found = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) =>
      hasControlCharacter(`a${String.fromCharCode(code)}b`),
    );
    const c0 = Array.from({ length: 0x20 }, (_, index) => index);
    const delAndC1 = Array.from({ length: 0x21 }, (_, index) => 0x7f + index);
    expect(found).toEqual([...c0, ...delAndC1]);
  });
});

describe('quotable', () => {
  test.each([
    ['', ''],
    ['😀'.repeat(64), '😀'.repeat(64)],
    ['😀'.repeat(65), `${'😀'.repeat(64)}…`],
  ])('%s', (text, quoted) => {
    expect(quotable(text)).toBe(quoted);
  });
});
