import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type FileRecord, RecordSplitter } from '../../../src/clicks/import/records.ts';

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

  test('a quote inside a bare cell opens nothing', () => {
    expect(split(['5" disk,b\nc\n'], true).map((record) => record.text)).toEqual(['5" disk,b', 'c']);
  });

  test('a quote that is never closed does not swallow the rest of the file', () => {
    const lines = Array.from({ length: 20_000 }, (_, place) => `row ${place},x`);
    const records = split([`"open,x\n${lines.join('\n')}\n`], true);
    expect(records.at(-1)).toEqual({ text: lines.at(-1), line: 20_001, isComplete: true });
  });

  test('a line without end takes bounded memory, and lines after it are read', () => {
    const splitter = new RecordSplitter(false);
    const piece = 'x'.repeat(1 << 20);
    for (let count = 0; count < 64; count++) expect([...splitter.push(piece)]).toEqual([]);
    const [long, next] = [...splitter.push('\nnext\n')];
    expect(long?.text.length).toBeLessThan(4 << 20);
    expect(next).toEqual({ text: 'next', line: 2, isComplete: true });
  });
});
