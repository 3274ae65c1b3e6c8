import { parse } from 'csv-parse/sync';
import { headerOfCells, recordOfCells } from './cells.ts';
import type { FieldFormat, FileHeader, ImportedRecord } from './import-format.ts';

export const CSV: FieldFormat = {
  kind: 'fields',
  description:
    'values separated by commas, semicolons or tabs (RFC 4180); the header line names the same fields',
  endings: ['.csv', '.tsv'],
  parseHeader: parseCsvHeader,
  isQuoted: true,
  parse: parseCsvRecord,
};

const DELIMITERS = [',', ';', '\t'] as const;

function parseCsvHeader(record: string): FileHeader | undefined {
  for (const delimiter of DELIMITERS) {
    const cells = parseCsvCells(record, delimiter) ?? [];
    const header = headerOfCells(cells, delimiter === ',' ? undefined : delimiter);
    if (header !== undefined) return header;
  }
  return undefined;
}

/** The cells of one CSV record (RFC 4180); undefined when its quotes do not fit. */
export function parseCsvCells(record: string, delimiter = ','): readonly string[] | undefined {
  // Most records have no quotes, and then splitting is all there is to parsing.
  if (!record.includes('"')) return record.split(delimiter);
  try {
    const rows: string[][] = parse(record, { delimiter, relax_column_count: true });
    return rows.length === 1 ? rows[0] : undefined;
  } catch {
    return undefined;
  }
}

/** One CSV record under the header line's names. */
export function parseCsvRecord(record: string, header: FileHeader): ImportedRecord {
  const cells = parseCsvCells(record, header.delimiter);
  return cells === undefined
    ? { kind: 'rejected', reason: 'quotes do not fit' }
    : recordOfCells(cells, header);
}
