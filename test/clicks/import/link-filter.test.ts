import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { matchesAny } from '../../../src/clicks/import/link-filter.ts';

describe('a glob', () => {
  test.each([
    ['promo', 'promo', true],
    ['/promo', 'promo', true],
    ['promo', 'promo2', false],
    ['promo*', 'promo/a/b', true],
    ['/a/*/c', 'a/b/x/c', true],
    ['*.php', 'wp-login.php', true],
    ['*/x', 'x', true],
    ['a*a', 'a', false],
    ['a.c', 'abc', false],
    ['é*', 'élan', true],
    ['static', 'img/logo.png', true],
    ['static', 'favicon.ico', true],
    ['static', 'static', false],
    ['static', 'launch', false],
  ])('%s of %s: %s', (glob, code, expected) => {
    expect(matchesAny([glob])(code)).toBe(expected);
    expect(matchesAny(['nothing', glob])(code)).toBe(expected);
  });

  test('takes what a regular expression takes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(glob, text, (pattern, code) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchesAny([pattern])(code)).toBe(expression.test(code) || expression.test(`/${code}`));
      }),
      { numRuns: 1_000 },
    );
  });
});
