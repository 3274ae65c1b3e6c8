import { namesOf } from '../../lib/names.ts';
import { COMBINED } from './combined.ts';
import { CSV } from './csv.ts';
import type { ImportFormat, ImportedRecord } from './import-format.ts';
import { TOO_LONG } from './lines.ts';
import { NDJSON } from './ndjson.ts';

/** The formats that can be imported, in the order they are offered. Each has samples in `test/data/import/`. */
export const IMPORT_FORMATS = {
  ndjson: NDJSON,
  csv: CSV,
  combined: COMBINED,
} as const satisfies Readonly<Record<string, ImportFormat>>;

export type ImportFormatName = keyof typeof IMPORT_FORMATS;

export const IMPORT_FORMAT_NAMES = namesOf(IMPORT_FORMATS);

/** The format a file's name tells by its ending; undefined when it tells none. */
export function formatOfFile(name: string): ImportFormatName | undefined {
  const base = name.toLowerCase().replace(/\.gz$/, '');
  return IMPORT_FORMAT_NAMES.find((format) =>
    IMPORT_FORMATS[format].endings.some((ending) => base.endsWith(ending)),
  );
}

/** Parses one record of a format; a blank line is skipped whatever the format. */
export function parseRecord(
  format: ImportFormatName,
  record: string,
  columns: readonly string[],
): ImportedRecord {
  if (record === TOO_LONG) return { kind: 'rejected', reason: 'longer than 1 MiB' };
  if (record.trim() === '') return { kind: 'skipped', reason: 'blank line' };
  return IMPORT_FORMATS[format].parse(record, columns);
}
