import { parse } from 'csv-parse/sync';
import { cellFormat } from './cell-format.ts';
import type { FieldFormat } from './import-format.ts';

/** A format in CSV. */
export function csvFormat(
  parts: Pick<Parameters<typeof cellFormat>[0], 'description' | 'endings' | 'map' | 'signs'>,
): FieldFormat {
  return cellFormat({ ...parts, isQuoted: true, delimiters: [',', ';', '\t'], cellsOf: parseCsvCells });
}

export const CSV = csvFormat({
  description:
    'values separated by commas, semicolons or tabs (RFC 4180); the header line names the same fields',
  endings: ['.csv', '.tsv'],
});

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
