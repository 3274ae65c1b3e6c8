import { INPUTS, INPUT_NAMES } from '../fields.ts';
import type { FileHeader, ImportedRecord } from './import-format.ts';

/** By the name of a column. A column that no field is named after is ignored later. */
const PARSERS: ReadonlyMap<string, (cell: string) => unknown> = new Map(
  INPUT_NAMES.map((name) => [name, INPUTS[name].input.parseCell]),
);

/** The header that names these columns, in any letter case; undefined without `short_code`, which every click needs. */
export function headerOfCells(cells: readonly string[], delimiter?: string): FileHeader | undefined {
  const columns = cells.map((name) => name.trim().toLowerCase());
  if (!columns.includes('short_code')) return undefined;
  return delimiter === undefined ? { columns } : { columns, delimiter };
}

/** The cells of one record under the names of its header. An empty cell is not given; spreadsheets leave out the last ones. */
export function recordOfCells(cells: readonly string[], { columns }: FileHeader): ImportedRecord {
  if (cells.length > columns.length && cells.slice(columns.length).some((cell) => cell.trim() !== ''))
    return { kind: 'rejected', reason: 'more cells than the header line' };
  const value: Record<string, unknown> = {};
  let isEmpty = true;
  columns.forEach((name, place) => {
    const cell = cells[place] ?? '';
    if (cell === '') return;
    value[name] = PARSERS.get(name)?.(cell) ?? cell;
    isEmpty &&= cell.trim() === '';
  });
  return isEmpty ? { kind: 'skipped', reason: 'row of empty cells' } : { kind: 'click', value };
}
