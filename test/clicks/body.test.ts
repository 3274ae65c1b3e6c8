import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CLICK_BYTES, NOT_JSON, TOO_LARGE, jsonItems, ndjsonItems } from '../../src/clicks/body.ts';

const values = (text: string) => [...jsonItems(Buffer.from(text))].map(({ value }) => value);

describe('a JSON body', () => {
  test('an array falls into the elements that JSON.parse finds, however it is spaced', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 3), (array, spaces) => {
        const text = JSON.stringify(array, undefined, spaces);
        expect(values(` ${text}\n`)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('what JSON.parse does not take is not taken either', () => {
    const pieces = ['[', ']', '{', '}', ',', '"', '\\', ':', '1', 'null', ' ', '"a"'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        const text = `[${parts.join('')}`;
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => values(text)).toThrow('The body must be a JSON object');
          return;
        }
        expect(values(text)).toEqual(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each(['1', '"a"', 'null', '{', '{}x', '[}', '[{}', '[,]', '[{},]', '[] []', 'nonsense'])(
    '%s is refused',
    (text) => expect(() => values(text)).toThrow('The body must be a JSON object'),
  );

  test('one object is one click, nothing is none', () => {
    expect(values('\ufeff {"a": "]"} ')).toEqual([{ a: ']' }]);
    expect(values(' \n')).toEqual([]);
    expect(values('[ ]')).toEqual([]);
  });

  test('an element that no click fills is not parsed', () => {
    const large = `{"a":"${'x'.repeat(CLICK_BYTES)}"}`;
    expect(values(large)).toEqual([TOO_LARGE]);
    expect(() => values(`[${large}]`)).toThrow('KiB');
    expect(() => values('['.repeat(10_000_000))).toThrow('KiB');
  });
});

test('a line of NDJSON that is too long or no JSON does not stop the others', () => {
  const body = Buffer.from(
    `{"a":1}\n${'['.repeat(CLICK_BYTES + 1)}\n${' '.repeat(CLICK_BYTES + 1)}\nx\n{"a":2}`,
  );
  expect([...ndjsonItems(body)]).toEqual([
    { index: 0, value: { a: 1 } },
    { index: 1, value: TOO_LARGE },
    { index: 3, value: NOT_JSON },
    { index: 4, value: { a: 2 } },
  ]);
});

test('NDJSON falls into lines whatever their number and length, blank ones and strange bytes among them', () => {
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
    fc.integer({ min: 20_000, max: 70_000 }).map((length) => JSON.stringify('é'.repeat(length))),
    fc.integer({ min: 0, max: 40_000 }).map((length) => ' '.repeat(length)),
    fc.constantFrom('', '\r', '\t ', '{', '\ufeff1', '1 2', '\u2028', '"\ud800"'),
    fc.constant('"\xff\xc3"'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const bytes = lines.map((text) => Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8'));
      const body = Buffer.concat(bytes.flatMap((piece) => [piece, Buffer.from('\n')]));
      const expected = bytes.flatMap((piece, index) => {
        const text = piece.toString('utf8');
        if (/^[ \t\r]*$/.test(text)) return [];
        try {
          return [{ index, value: JSON.parse(text) as unknown }];
        } catch {
          return [{ index, value: NOT_JSON }];
        }
      });
      const mark = lines[0]?.startsWith('\ufeff') ? Buffer.from('\n') : Buffer.alloc(0);
      const shift = mark.length;
      expect([...ndjsonItems(Buffer.concat([mark, body]))]).toEqual(
        expected.map(({ index, value }) => ({ index: index + shift, value })),
      );
    }),
    { numRuns: 600 },
  );
});
