import { INPUTS, INPUT_NAMES } from '../fields.ts';
import type { ImportedRecord } from './import-format.ts';

/** By the name of a column. A column that no field is named after is ignored later. */
const PARSERS: ReadonlyMap<string, (cell: string) => unknown> = new Map(
  INPUT_NAMES.map((name) => [name, INPUTS[name].input.parseCell]),
);

/** The cells of one record under the names of its header. An empty cell is not given. */
export function recordOfCells(cells: readonly string[], columns: readonly string[]): ImportedRecord {
  if (cells.length !== columns.length)
    return { kind: 'rejected', reason: 'not as many cells as the header line' };
  const value: Record<string, unknown> = {};
  columns.forEach((name, place) => {
    const cell = cells[place] ?? '';
    if (cell !== '') value[name] = PARSERS.get(name)?.(cell) ?? cell;
  });
  return { kind: 'click', value };
}
