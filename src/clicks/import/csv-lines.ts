import { parse } from 'csv-parse/sync';
import { INPUTS, INPUT_NAMES } from '../fields.ts';
import type { ImportedRecord } from './imported-record.ts';

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
  if (cells === undefined) return { kind: 'rejected', reason: 'quotes do not fit' };
  if (cells.length !== columns.length)
    return { kind: 'rejected', reason: 'not as many cells as the header line' };
  const value: Record<string, unknown> = {};
  columns.forEach((name, place) => {
    const cell = cells[place] ?? '';
    if (cell !== '') value[name] = CELL_PARSERS.get(name)?.(cell) ?? cell;
  });
  return { kind: 'click', value };
}

/** By column name. A column that no field is named after is ignored later. */
const CELL_PARSERS: ReadonlyMap<string, (cell: string) => unknown> = new Map(
  INPUT_NAMES.map((name) => [name, INPUTS[name].input.parseCell]),
);
