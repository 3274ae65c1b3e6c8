import { describe, expect, test } from '@jest/globals';
import * as fc from '../../support/fast-check.ts';
import { LONGEST_LINE, TOO_LONG } from '../../../src/clicks/import/lines.ts';
import { type FileRecord, MOST_RECORD_LINES, RecordSplitter } from '../../../src/clicks/import/records.ts';

function split(pieces: readonly string[], quoted: boolean): readonly FileRecord[] {
  const splitter = new RecordSplitter(quoted);
  return [...pieces.flatMap((piece) => [...splitter.push(piece)]), ...splitter.end()];
}

/** Text made of what matters to the splitter, and places to cut it at. */
const text = fc.array(fc.constantFrom('a', '"', '""', ',', '\n', '\r\n', '\r', '🦊', ' '), { maxLength: 60 });
const cuts = fc.array(fc.nat({ max: 150 }), { maxLength: 8 });

function cut(whole: string, places: readonly number[]): readonly string[] {
  const sorted = [0, ...places.map((place) => Math.min(place, whole.length)), whole.length].toSorted(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, place) => whole.slice(sorted[place], end));
}

describe('RecordSplitter', () => {
  test.each([false, true])('gives the same records wherever its text is cut (quoted: %s)', (quoted) => {
    fc.assert(
      fc.property(text, cuts, (parts, places) => {
        const whole = parts.join('');
        expect(split(cut(whole, places), quoted)).toEqual(split([whole], quoted));
      }),
      { numRuns: 500 },
    );
  });

  test('without quotes, its records are the lines', () => {
    fc.assert(
      fc.property(text, (parts) => {
        const whole = parts.join('');
        const lines = whole.split('\n');
        const last = lines.pop() ?? '';
        const expected = lines.map((line) => line.replace(/\r$/, ''));
        if (last !== '') expected.push(last.replace(/\r$/, ''));
        const records = split([whole], false);
        expect(records.map((record) => record.text)).toEqual(expected);
        expect(records.map((record) => record.line)).toEqual(expected.map((_, index) => index + 1));
        expect(records.map((record) => record.isComplete)).toEqual(
          expected.map((_, index) => index < lines.length),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('with quotes, what a writer of RFC 4180 writes comes back record by record', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '🦊'), maxLength: 8 });
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(rows, cuts, (table, places) => {
        const written = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','));
        const whole = written.map((record) => `${record}\r\n`).join('');
        const records = split(cut(whole, places), true);
        expect(records.map((record) => record.text)).toEqual(written);
        let line = 1;
        for (const [index, record] of written.entries()) {
          expect(records[index]?.line).toBe(line);
          line += record.split('\n').length;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('quotes open and close beside the delimiter', () => {
    const splitter = new RecordSplitter(true, ';');
    const records = [...splitter.push('a,"b\nc;"d\ne";f\n'), ...splitter.end()];
    expect(records.map((record) => record.text)).toEqual(['a,"b', 'c;"d\ne";f']);
  });

  test('a quote inside a bare cell opens nothing', () => {
    expect(split(['5" disk,b\nc\n'], true).map((record) => record.text)).toEqual(['5" disk,b', 'c']);
  });

  test.each([
    ['is never closed', 'row,x'],
    ['is closed in the midst of a cell', 'row,"x"'],
    ['is closed in the midst of a line', '"row","x"'],
    ['meets rows with escaped quotes', '"row","a ""b"" c"'],
  ])('a quote that %s costs its own line alone', (_, row) => {
    const rows = Array.from({ length: 2_000 }, () => row);
    const records = split([`${row}\na,"open\n${rows.join('\n')}\n`], true);
    expect(records.map(({ text }) => text)).toEqual([row, 'a,"open', ...rows]);
    expect(records.map(({ line }) => line)).toEqual(records.map((_, index) => index + 1));
  });

  test.each([
    [MOST_RECORD_LINES, 1],
    [MOST_RECORD_LINES + 1, MOST_RECORD_LINES + 1],
  ])('quotes that close on line %i make %i records', (lines, records) => {
    const text = `a,"${Array.from({ length: lines }, () => 'x').join('\n')}"\n`;
    expect(split([text, 'next\n'], true)).toHaveLength(records + 1);
    expect(split([text, 'next\n'], true).at(-1)).toMatchObject({ text: 'next', line: lines + 1 });
  });

  test('what follows quotes still open may read otherwise once the file has grown', () => {
    const begun = 'a,b\n"open\nc,d\n';
    expect(split([begun], true).map(({ text, isComplete }) => [text, isComplete])).toEqual([
      ['a,b', true],
      ['"open', false],
      ['c,d', false],
    ]);
    expect(split([begun, 'close"\n'], true)).toHaveLength(2);
  });

  test('any run of records is cut into the same ones again', () => {
    const parts = fc.constantFrom(
      'a',
      '"',
      '""',
      ',',
      ',"',
      '",',
      '\n',
      '\r\n',
      '\r',
      `${TOO_LONG}\n`,
      `${TOO_LONG}\r\n`,
      '\n"',
    );
    const long = fc.constantFrom(
      'x'.repeat(30_000),
      'y\n'.repeat(40),
      'z\r\n'.repeat(70),
      '\r'.repeat(40_000),
    );
    const content = fc.array(fc.oneof({ weight: 12, arbitrary: parts }, { weight: 1, arbitrary: long }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(content, fc.nat(), fc.nat(), (pieces, from, count) => {
        const records = split([pieces.join('')], true).map((record) => record.text);
        const start = records.length === 0 ? 0 : from % records.length;
        const run = records.slice(start, start + 1 + (count % (records.length + 1)));
        const again = split([run.map((record) => `${record}\n`).join('')], true);
        // One carriage return goes each time.
        expect(again.map(({ text }) => text.trimEnd())).toEqual(run.map((record) => record.trimEnd()));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([false, true])('a line without end takes bounded memory, and is none (quoted: %s)', (quoted) => {
    const splitter = new RecordSplitter(quoted);
    const piece = 'x'.repeat(LONGEST_LINE);
    for (let count = 0; count < 64; count++) expect([...splitter.push(piece)]).toEqual([]);
    expect([...splitter.push('{"short_code":"a"}\nnext\n')]).toEqual([
      { text: TOO_LONG, line: 1, isComplete: true },
      { text: 'next', line: 2, isComplete: true },
    ]);
  });
});
