import { expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { charsetOf, fileEncodingOf, parseCharset, utf8Converter } from '../../../src/http/body/charset.ts';

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

test.each([
  ['', 'utf8'],
  ['application/json', 'utf8'],
  ['application/json; charset=utf-16le', 'utf16le'],
  ['application/json;CHARSET = "ISO-8859-1" ; x=y', 'latin1'],
  // Not well-formed.
  ['application/json; charset=utf-16le; x', 'utf16le'],
  ['application/json; x; charset="utf-16le', 'utf16le'],
])('the content type %j is of the charset %s', (contentType, charset) => {
  expect(charsetOf(contentType)).toBe(charset);
});

test('a charset that is not decoded is found in a content type that is not well-formed', () => {
  expect(() => charsetOf('application/json; charset=shift_jis; x')).toThrow('The charset of Content-Type');
});

test.each([
  ['text/csv', undefined],
  ['text/csv; charset=windows-1252', 'windows-1252'],
  ['text/plain;charset="UTF-16LE"', 'utf-16le'],
])('a file of the content type %j is in %s', (contentType, encoding) => {
  expect(fileEncodingOf(contentType)).toBe(encoding);
});

test('a file in an unknown charset is refused', () => {
  expect(() => fileEncodingOf('text/csv; charset=ebcdic')).toThrow('not a known one');
});

test('UTF-16 that ends within a character is text that no JSON ends with', () => {
  const { convert, end } = utf8Converter('utf16le');
  const cut = Buffer.from('{}\n', 'utf16le').subarray(0, -1);
  expect(Buffer.concat([convert(cut), end()]).toString()).toBe('{}\ufffd');
});

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
        const { convert, end } = utf8Converter(charset);
        const pieces = edges.slice(1).map((edge, place) => convert(bytes.subarray(edges[place], edge)));
        expect(Buffer.concat([...pieces, end()]).toString()).toBe(text);
      },
    ),
  );
});
