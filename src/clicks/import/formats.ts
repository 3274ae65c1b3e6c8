import { namesOf } from '../../lib/names.ts';
import { parseCombinedLine } from './combined.ts';
import { parseCsvRecord } from './csv-lines.ts';
import { TOO_LONG } from './lines.ts';
import type { ImportedRecord } from './imported-record.ts';

interface ImportFormat {
  /** The endings of file names that mean this format, before `.gz`. */
  readonly endings: readonly string[];
  /** The first record names the columns of the others. */
  readonly hasHeader: boolean;
  /** A line break inside quotes belongs to the record. */
  readonly isQuoted: boolean;
  readonly parse: (text: string, columns: readonly string[]) => ImportedRecord;
}

/** The formats that can be imported. */
export const IMPORT_FORMATS = {
  ndjson: { endings: ['.ndjson', '.jsonl'], hasHeader: false, isQuoted: false, parse: parseNdjsonLine },
  csv: { endings: ['.csv'], hasHeader: true, isQuoted: true, parse: parseCsvRecord },
  combined: { endings: ['.log'], hasHeader: false, isQuoted: false, parse: parseCombinedLine },
} as const satisfies Record<string, ImportFormat>;

export type ImportFormatName = keyof typeof IMPORT_FORMATS;

export const IMPORT_FORMAT_NAMES = namesOf(IMPORT_FORMATS);

/** The format a file's name tells by its ending; undefined when it tells none. */
export function formatOfFile(name: string): ImportFormatName | undefined {
  const base = name.toLowerCase().replace(/\.gz$/, '');
  return IMPORT_FORMAT_NAMES.find((format) =>
    IMPORT_FORMATS[format].endings.some((ending) => base.endsWith(ending)),
  );
}

/** One record under its format; a blank line is skipped whatever the format. */
export function parseRecord(
  format: ImportFormatName,
  text: string,
  columns: readonly string[],
): ImportedRecord {
  if (text === TOO_LONG) return { kind: 'rejected', reason: 'longer than 1 MiB' };
  if (text.trim() === '') return { kind: 'skipped', reason: 'blank line' };
  return IMPORT_FORMATS[format].parse(text, columns);
}

function parseNdjsonLine(text: string): ImportedRecord {
  try {
    return { kind: 'click', value: JSON.parse(text) };
  } catch {
    return { kind: 'rejected', reason: 'not JSON' };
  }
}
