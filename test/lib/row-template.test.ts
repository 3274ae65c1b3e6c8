import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import * as fc from '../support/fast-check.ts';
import { type Column, type Escape, escapeText, writeRow } from '../../src/lib/row-template.ts';
import { FORMULA_SIGNS, INVISIBLE_SIGNS, neutralised } from '../support/exports.ts';

const PARTS = [
  ...FORMULA_SIGNS,
  ...INVISIBLE_SIGNS,
  '=1+1',
  '+',
  '-',
  '@SUM(A1)',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '"',
  "'",
  ',',
  ';',
  '\\',
  '%',
  '%41',
  '{p0:String}',
  '${x}',
  ']]>',
  '<!--',
  '</row>',
  '&amp;',
  '&#10;',
  '\u0001',
  '\b',
  '\v',
  '\f',
  '\u001F',
  '\u007F',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\uFFFD',
  '\uFFFE',
  '\uFFFF',
  '😀',
  '👩‍👩‍👧',
  '\u202Eשלום\u202C',
  ' ',
  'e\u0301',
  '007',
  '1e5',
] as const;

/** Texts that break what is built by joining texts; none holds U+0000, which is never stored. */
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
);

const column = (name: string): Column => ({ name, kind: 'text' });
const TWO = [column('a'), column('b')] as const;

/** A row of two cells with `between` them. */
function written(
  escape: Escape,
  values: { a: string; b: string },
  around: readonly [string, string, string],
) {
  const [before, between, after] = around;
  return writeRow({ escape, pieces: [before, TWO[0], between, TWO[1], after] }, values);
}

/** The characters XML 1.0 allows, by its production 2. */
function allowedInXml(text: string): string {
  return Array.from(text)
    .map((character) => {
      const point = character.codePointAt(0) ?? 0;
      const isAllowed =
        point === 9 || point === 10 || point === 13 || (point >= 32 && point !== 0xfffe && point !== 0xffff);
      return isAllowed ? character : '\uFFFD';
    })
    .join('');
}

/** What a parser of XML 1.0 makes of an element's text. @throws Error when it is not well-formed */
function readXmlText(xml: string): string {
  if (/[<\0]|\]\]>/.test(xml) || allowedInXml(xml) !== xml) throw new Error(`Not well-formed: ${xml}`);
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return xml
    .replace(/\r\n?/g, '\n')
    .replace(/&(?:#(\d+);|(\w+);|)/g, (_, number: string | undefined, name: string | undefined) => {
      if (number !== undefined) return String.fromCodePoint(Number(number));
      const found = entities[name ?? ''];
      if (found === undefined) throw new Error(`Not well-formed: ${xml}`);
      return found;
    });
}

describe('a parser reads back what was written', () => {
  test('json', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(JSON.parse(written('json', { a, b }, ['[', ',', ']']))).toEqual([a, b]);
      }),
    );
  });

  test('csv, formulas behind an apostrophe', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const records = parse(written('csv', { a, b }, ['', ',', '\r\n']), { record_delimiter: '\r\n' });
        expect(records).toEqual([[neutralised(a), neutralised(b)]]);
      }),
    );
  });

  test('xml, forbidden characters as U+FFFD', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(readXmlText(escapeText(text, 'xml'))).toBe(allowedInXml(text));
      }),
    );
  });

  test('xlsx, both', () => {
    fc.assert(
      fc.property(texts, (text) => {
        // `_xHHHH_` has a meaning of its own inside a workbook's texts.
        const decoded = readXmlText(escapeText(text, 'xlsx')).replace(/_x([\dA-Fa-f]{4})_/g, (_, digits) =>
          String.fromCharCode(Number.parseInt(digits, 16)),
        );
        expect(decoded).toBe(allowedInXml(neutralised(text)));
      }),
      { examples: [['_x003D_1+1'], ['_x0041_x0042_'], ['_x005F_'], ['a_x000d_']] },
    );
  });
});

test('lone surrogates, which XML cannot hold, become U+FFFD', () => {
  expect(readXmlText(escapeText('a\uD800b\uDC00', 'xml'))).toBe('a\uFFFDb\uFFFD');
});

test('numbers stand as they are in every format, and literal text is not read', () => {
  const number: Column = { name: 'n', kind: 'number' };
  for (const escape of ['json', 'xml', 'csv', 'xlsx'] as const) {
    const template = { escape, pieces: ['{p0}%s\\', number, '\n'] };
    for (const n of [0, 1, 33.33, 0.01, 100, -1, 9_007_199_254_740_991]) {
      expect(writeRow(template, { n })).toBe(`{p0}%s\\${n}\n`);
    }
  }
});
