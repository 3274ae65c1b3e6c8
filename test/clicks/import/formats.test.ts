import { describe, expect, test } from '@jest/globals';
import { TOO_LONG } from '../../../src/clicks/import/lines.ts';
import { IMPORT_FORMAT_NAMES, formatOfFile, parseRecord } from '../../../src/clicks/import/formats.ts';

describe('import formats', () => {
  test.each([
    ['clicks.ndjson', 'ndjson'],
    ['clicks.ndjson.gz', 'ndjson'],
    ['/a.csv/clicks.NDJSON', 'ndjson'],
    ['clicks.csv', 'csv'],
    ['clicks.CSV.GZ', 'csv'],
    ['clicks.txt', undefined],
    ['clicks.gz', undefined],
    ['ndjson', undefined],
    ['-', undefined],
  ])('%s: %s', (name, format) => {
    expect(formatOfFile(name)).toBe(format);
  });

  test.each(IMPORT_FORMAT_NAMES)('a blank line is skipped in %s', (format) => {
    for (const blank of ['', ' ', '\t'])
      expect(parseRecord(format, blank, ['short_code']).kind).toBe('skipped');
  });

  test.each(IMPORT_FORMAT_NAMES)('a line that is too long is rejected in %s', (format) => {
    const reason = 'longer than 1 MiB';
    expect(parseRecord(format, TOO_LONG, ['short_code'])).toEqual({ kind: 'rejected', reason });
  });

  test('a line of NDJSON is what it parses to', () => {
    expect(parseRecord('ndjson', '{"short_code":"a","x":1}', [])).toEqual({
      kind: 'click',
      value: { short_code: 'a', x: 1 },
    });
    expect(parseRecord('ndjson', '{"short_code":', []).kind).toBe('rejected');
  });
});
