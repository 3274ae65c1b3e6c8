import { parse } from 'csv-parse/sync';
import { recordOfCells } from './cells.ts';
import type { ImportFormat, ImportedRecord } from './import-format.ts';

export const CSV: ImportFormat = {
  description: 'comma-separated values (RFC 4180); the header line names the same fields',
  endings: ['.csv'],
  parseHeader: parseCsvCells,
  isQuoted: true,
  parse: parseCsvRecord,
};

/** The cells of one CSV record (RFC 4180); undefined when its quotes do not fit. */
export function parseCsvCells(record: string): readonly string[] | undefined {
  // Most records have no quotes, and then splitting is all there is to parsing.
  if (!record.includes('"')) return record.split(',');
  try {
    const rows: string[][] = parse(record, { relax_column_count: true });
    return rows.length === 1 ? rows[0] : undefined;
  } catch {
    return undefined;
  }
}

/** One CSV record under the header line's names. */
export function parseCsvRecord(record: string, columns: readonly string[]): ImportedRecord {
  const cells = parseCsvCells(record);
  return cells === undefined
    ? { kind: 'rejected', reason: 'quotes do not fit' }
    : recordOfCells(cells, columns);
}
