import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  IMPORT_FORMATS,
  IMPORT_FORMAT_NAMES,
  type ImportFormatName,
  formatOfFile,
  parseRecord,
} from '../../../src/clicks/import/formats.ts';
import { RecordSplitter } from '../../../src/clicks/import/records.ts';

/** A folder a format; in it files as they come, each beside `<file>.json`: what its records are. */
const SAMPLES = join(import.meta.dirname, '../../data/import');

const filesOf = (format: string): readonly string[] =>
  readdirSync(join(SAMPLES, format)).filter((name) => !name.endsWith('.json'));

function recordsOf(format: ImportFormatName, file: string): readonly unknown[] {
  const { parseHeader, isQuoted } = IMPORT_FORMATS[format];
  const splitter = new RecordSplitter(isQuoted);
  const text = readFileSync(join(SAMPLES, format, file), 'utf8');
  const records = [...splitter.push(text), ...splitter.end()].map((record) => record.text);
  const columns = parseHeader?.(records.shift() ?? '') ?? [];
  return records.map((record) => parseRecord(format, record, columns));
}

test('each format has samples, and each folder of samples is of a format', () => {
  const folders = readdirSync(SAMPLES);
  expect(new Set(folders)).toEqual(new Set(IMPORT_FORMAT_NAMES));
  expect(folders.filter((format) => filesOf(format).length === 0)).toEqual([]);
});

test.each(IMPORT_FORMAT_NAMES)('the samples of %s are read as they are written', (format) => {
  for (const file of filesOf(format)) {
    expect(formatOfFile(basename(file))).toBe(format);
    const expected: unknown = JSON.parse(readFileSync(join(SAMPLES, format, `${file}.json`), 'utf8'));
    expect(recordsOf(format, file)).toEqual(expected);
  }
});

test('no two formats are recognised by one ending', () => {
  const endings = IMPORT_FORMAT_NAMES.flatMap((format) => IMPORT_FORMATS[format].endings);
  expect(new Set(endings).size).toBe(endings.length);
});
