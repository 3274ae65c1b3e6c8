import { describe, expect, test } from '@jest/globals';
import * as fc from '../../../support/fast-check.ts';
import { shortCodeOf } from '../../../../src/clicks/import/formats/request-path.ts';

describe('the short code of a request', () => {
  test.each(['/café', '/caf%C3%A9', '/caf%c3%a9', '/caf\\xC3\\xA9', '/caf\\xc3\\xa9', '/caf%C3\\xA9'])(
    'is one for all spellings: %s',
    (target) => {
      expect(shortCodeOf(target, 'backslash', false)).toBe('café');
    },
  );

  test.each([
    ['/a%2Fb', 'a/b'],
    ['/%2541', '%41'],
    ['/100%', '100%'],
    ['/100%25', '100%'],
    ['/%zz%4', '%zz%4'],
    ['/a\\"b\\\\c', 'a"b\\c'],
    ['/a\\x22b', 'a"b'],
    ['/a\\', 'a\\'],
    ['/a\\x2', 'ax2'],
    ['/caf%E9', 'caf%E9'],
    ['/caf\\xe9', 'caf%E9'],
    ['/%e9%C3%A9%ff', '%E9é%FF'],
    ['/%F0%9F%A6%8A', '🦊'],
    ['/a%3Fb?c', 'a?b'],
    ['/a+b', 'a+b'],
    ['/?x', 'index'],
    ['promo', 'promo'],
  ])('is decoded once: %s', (target, code) => {
    expect(shortCodeOf(target, 'backslash', false)).toBe(code);
  });

  test('is as it stands where the log has neither escapes nor percents left', () => {
    expect(shortCodeOf('/a\\x41', 'none', false)).toBe('a\\x41');
    expect(shortCodeOf('/100%25', 'none', true)).toBe('100%25');
  });

  test('is what was escaped, of whatever bytes', () => {
    const escape = fc.constantFrom(
      (byte: string) => `%${byte}`,
      (byte: string) => `\\x${byte}`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.infiniteStream(escape), (code, escapes) => {
        const bytes = [...Buffer.from(code)];
        const target = bytes.map((byte) => escapes.next().value(byte.toString(16).padStart(2, '0'))).join('');
        // A percent sign that the log escapes stands for itself before percents are decoded.
        fc.pre(!code.includes('%'));
        expect(shortCodeOf(`/${target}`, 'backslash', false)).toBe(code);
      }),
    );
  });
});
