import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  IMPORT_FORMAT_NAMES,
  type ImportFormatName,
} from '../../../src/clicks/import/formats/import-formats.ts';
import { isQuoted, formatOf, parserOf, splitterOf } from '../../../src/clicks/import/reading.ts';
import { firstRecord, recogniseFormat } from '../../../src/clicks/import/recognise.ts';

/** A folder a format; in it files as they come, each beside `<file>.json`: what its records are. */
const SAMPLES = join(import.meta.dirname, '../../data/import');

function filesOf(format: string): readonly string[] {
  const names = readdirSync(join(SAMPLES, format));
  return names.filter((name) => names.includes(`${name}.json`));
}

function recordsOf(name: ImportFormatName, text: string): readonly unknown[] {
  const format = formatOf({ format: name });
  const header =
    format.kind === 'fields' ? format.parseHeader?.(firstRecord(text, isQuoted(format))) : undefined;
  const columns = format.kind === 'log' ? format.columns?.find(text) : undefined;
  const reading = { format: name, columns: columns ?? [], ...header };
  const splitter = splitterOf(reading);
  const toLines = format.kind === 'fields' ? format.toLines?.() : undefined;
  const lines = toLines?.(Buffer.from(text)).toString('utf8') ?? text;
  const records = [...splitter.push(lines), ...splitter.end()].map((record) => record.text);
  const parse = parserOf(reading);
  return records.slice(header === undefined ? 0 : 1).map((record) => {
    const parsed = parse(record);
    return parsed.kind === 'click'
      ? { kind: parsed.kind, value: parsed.value }
      : { kind: parsed.kind, reason: parsed.reason };
  });
}

test('each format has samples, and each folder of samples is of a format', () => {
  const folders = readdirSync(SAMPLES);
  expect(new Set(folders)).toEqual(new Set(IMPORT_FORMAT_NAMES));
  expect(folders.filter((format) => filesOf(format).length === 0)).toEqual([]);
});

test.each(IMPORT_FORMAT_NAMES)('the samples of %s are recognised, and read as they are written', (format) => {
  for (const file of filesOf(format)) {
    const text = readFileSync(join(SAMPLES, format, file), 'utf8');
    expect(recogniseFormat(text)).toBe(format);
    const expected: unknown = JSON.parse(readFileSync(join(SAMPLES, format, `${file}.json`), 'utf8'));
    expect(recordsOf(format, text)).toEqual(expected);
  }
});
