import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseCharset, utf8Converter } from '../../../src/http/body/charset.ts';

test.each([
  ['', 'utf8'],
  ['UTF-8', 'utf8'],
  ['utf8', 'utf8'],
  ['ISO-8859-1', 'latin1'],
  ['utf-16le', 'utf16le'],
])('the charset %j is %s', (name, charset) => {
  expect(parseCharset(name)).toBe(charset);
});

test.each(['utf-16', 'utf-32', 'shift_jis', 'windows-1252', '__proto__', 'constructor', ' '])(
  'the charset %j is not decoded',
  (name) => expect(() => parseCharset(name)).toThrow('The charset of Content-Type must be'),
);

test.each(['utf8', 'latin1', 'utf16le'] as const)('text in %s becomes UTF-8, cut anywhere', (charset) => {
  const unit =
    charset === 'latin1'
      ? fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code))
      : 'grapheme';
  fc.assert(
    fc.property(
      fc.string({ unit }).filter((text) => !text.startsWith('\ufeff')),
      fc.array(fc.nat(60)),
      (text, cuts) => {
        const bytes = Buffer.from(text, charset);
        const edges = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b),
          bytes.length,
        ];
        const convert = utf8Converter(charset);
        const pieces = edges.slice(1).map((end, place) => convert(bytes.subarray(edges[place], end)));
        expect(Buffer.concat(pieces).toString()).toBe(text);
      },
    ),
  );
});
