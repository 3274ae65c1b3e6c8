import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../support/fast-check.ts';
import {
  type BodyItem,
  type BodyStep,
  CLICK_BYTES,
  NOT_JSON,
  NOT_OBJECT,
  NOT_UTF8,
  TOO_LARGE,
  jsonItems,
  ndjsonItems,
} from '../../src/clicks/click-body.ts';

const itemsOf = (steps: Iterable<BodyStep>): readonly BodyItem[] =>
  [...steps].filter((step) => step !== undefined);
const values = (text: string) => itemsOf(jsonItems(Buffer.from(text))).map(({ value }) => value);

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
      { numRuns: 1_000 },
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
    for (const piece of ['x', ',', ']}', String.raw`\"`, String.raw`\\`, 'é'])
      for (const long of [
        JSON.stringify({ a: piece.repeat(CLICK_BYTES) }),
        `[[${`{"a":[]},`.repeat(CLICK_BYTES / 8)}0]]`,
      ])
        expect(values(`[{"a":1},${long} , {"a":2}]`)).toEqual([{ a: 1 }, TOO_LARGE, { a: 2 }]);
    for (const cut of [`[${large}`, `[${large}}`, `[${large},]`, '['.repeat(10_000_000)])
      expect(() => values(cut)).toThrow('The body must be a JSON object');
  });
});

const LATIN_1 = Buffer.from('{"city":"Köln"}', 'latin1');

test('an element that is not UTF-8 does not stop the others, whatever stands around it', () => {
  for (const good of ['{"a":1}', '{"a":"é"}', '{"a":"\ufffd"}']) {
    const pieces = [`[${good},`, LATIN_1, `,${good}]`].map((piece) => Buffer.from(piece));
    const value: unknown = JSON.parse(good);
    expect(itemsOf(jsonItems(Buffer.concat(pieces)))).toEqual([
      { index: 0, value },
      { index: 1, value: NOT_UTF8 },
      { index: 2, value },
    ]);
  }
  expect(itemsOf(jsonItems(LATIN_1))).toEqual([{ index: 0, value: NOT_UTF8 }]);
});

describe('an NDJSON body', () => {
  test('a line that is too long, no object or no JSON does not stop the others', () => {
    const body = Buffer.from(
      `{"a":1}\n${'['.repeat(CLICK_BYTES + 1)}\n${' '.repeat(CLICK_BYTES + 1)}\nx\n{x}\n{"a":2}`,
    );
    expect(itemsOf(ndjsonItems(body))).toEqual([
      { index: 0, value: { a: 1 } },
      { index: 1, value: TOO_LARGE },
      { index: 3, value: NOT_OBJECT },
      { index: 4, value: NOT_JSON },
      { index: 5, value: { a: 2 } },
    ]);
  });

  /** The same, line by line and without any haste. */
  const reference = (body: Buffer): readonly BodyItem[] => {
    const text = body.toString('latin1');
    return text
      .slice(text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0)
      .split('\n')
      .flatMap((line, index) => {
        const bytes = Buffer.from(line.replace(/^[ \t\r]+/, ''), 'latin1');
        const content = bytes.toString('utf8');
        if (content === '') return [];
        if (bytes.length <= CLICK_BYTES && !isUtf8(bytes)) return [{ index, value: NOT_UTF8 }];
        if (Buffer.byteLength(content) > CLICK_BYTES) return [{ index, value: TOO_LARGE }];
        if (!content.startsWith('{')) return [{ index, value: NOT_OBJECT }];
        try {
          return [{ index, value: JSON.parse(content) as unknown }];
        } catch {
          return [{ index, value: NOT_JSON }];
        }
      });
  };

  test('falls into lines whatever their number and length, blank ones and strange bytes among them', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
    const length = fc.oneof(
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 60_000, max: 70_000 }),
      fc.integer({ min: CLICK_BYTES - 3, max: CLICK_BYTES + 3 }),
    );
    const line = fc.oneof(
      { weight: 8, arbitrary: object },
      fc.jsonValue().map((value) => JSON.stringify(value)),
      length.map((size) => JSON.stringify({ a: 'é'.repeat(size / 2) })),
      length.map((size) => ' '.repeat(size)),
      length.map((size) => `${'\t'.repeat(size)}{}`),
      fc.constantFrom('', '\r', '\t ', '{', '{}\r', '\ufeff{}', '{} {}', '\u2028', '{"\ud800":1}', '\v'),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 60 }),
        fc.boolean(),
        fc.boolean(),
        (lines, isMarked, isEnded) => {
          const text = `${isMarked ? '\ufeff' : ''}${lines.join('\n')}${isEnded ? '\n' : ''}`;
          const body = Buffer.from(text);
          expect(itemsOf(ndjsonItems(body))).toEqual(reference(body));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('of bytes that are not even UTF-8 falls into as many lines', () => {
    const byte = fc.constantFrom(0x0a, 0x0d, 0x20, 0x7b, 0x7d, 0x22, 0x31, 0xc3, 0xff, 0x00);
    const strange = fc.array(byte, { maxLength: 20 }).map((bytes) => Buffer.from(bytes));
    const line = fc.oneof(
      strange,
      fc.constantFrom(LATIN_1, Buffer.from('{"a":"é\ufffd"}'), Buffer.from('{}')),
    );
    const body = fc
      .array(line, { maxLength: 20 })
      .map((lines) => Buffer.concat(lines.flatMap((bytes) => [bytes, Buffer.from('\n')])));
    fc.assert(
      fc.property(fc.oneof(body, strange), (bytes) => {
        expect(itemsOf(ndjsonItems(bytes))).toEqual(reference(bytes));
      }),
      { numRuns: 400 },
    );
  });
});

const MIB = 1_048_576;
const EACH_MIB_LOOKED_UP = 4;

test.each([
  ['line breaks', '\n', ndjsonItems],
  ['empty lines of another system', '\r\n', ndjsonItems],
  ['lines of a thousand blanks', `${' '.repeat(1_000)}\n`, ndjsonItems],
  ['a line of blanks', ' ', ndjsonItems],
  ['a line', 'x', ndjsonItems],
  ['blanks before JSON', ' ', jsonItems],
])('%s by the million are gone through in steps', (_, unit, items) => {
  const body = Buffer.alloc(16 * MIB, unit);
  expect([...items(body)].length).toBeGreaterThanOrEqual(16 - 1);
  expect([...items(body)].length).toBeLessThan((16 * MIB) / 1_000);
});

test('blanks inside an array are gone through in steps', () => {
  const gap = ' '.repeat(MIB);
  const steps = [...jsonItems(Buffer.from(`[${gap}{},${gap}{}]${gap}`))];
  expect(itemsOf(steps)).toHaveLength(2);
  expect(steps.length).toBeGreaterThan(3 * EACH_MIB_LOOKED_UP);
});
