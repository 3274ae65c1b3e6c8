import { INPUTS, INPUT_NAMES } from '../../click-schema.ts';
import { type FieldMap, type Lookup, clickReader, namesRead, withOwnNames } from './field-map.ts';
import type { FieldFormat, FileHeader } from './import-format.ts';
import type { ImportedRecord } from './imported-record.ts';
import { columnName, isPropertyName, propertyKey, withProperties } from './property-names.ts';

/** What differs between formats whose records are rows of cells under a header. */
interface CellFormatParts {
  readonly description: string;
  readonly endings: readonly string[];
  readonly isQuoted: boolean;
  /** What may separate cells; the header tells which of them does. */
  readonly delimiters: readonly [string, ...string[]];
  /** The cells of a record; undefined when its quotes do not fit. */
  readonly cellsOf: (record: string, delimiter: string) => readonly string[] | undefined;
  /** Undefined where columns have the names of a click's fields. */
  readonly map?: FieldMap | undefined;
  /** Columns by which a header is recognised; none: the one that has the short code. */
  readonly signs?: readonly string[];
}

/** A format whose records are rows of cells under a header that names the columns. */
export function cellFormat(parts: CellFormatParts): FieldFormat {
  const { description, endings, isQuoted, delimiters, cellsOf, map, signs = [] } = parts;
  const delimiterOf = ({ delimiter }: FileHeader): string => delimiter ?? delimiters[0];
  return {
    kind: 'fields',
    description,
    needs: signs.length === 0 ? 'short_code' : signs.join(', '),
    endings,
    isQuoted,
    isOfLines: false,
    parseHeader: (record, given) => {
      for (const delimiter of given === undefined ? delimiters : [given]) {
        const columns = (cellsOf(record, delimiter) ?? []).map(columnName);
        if (!isHeader(columns, map, signs)) continue;
        return delimiter === delimiters[0] ? { columns } : { columns, delimiter };
      }
      return undefined;
    },
    parser: (header) => {
      const read = rowReader(header, map);
      return (record) => {
        const cells = cellsOf(record, delimiterOf(header));
        return cells === undefined ? MISFIT_QUOTES : read(cells);
      };
    },
    tellsCode: ({ columns }) => tellsCode(columns, map),
    repeatedName: ({ columns }) => repeatedName(columns, map),
    hasName: (name, { columns }) => {
      const isThere = lookupIn(columns)(name) !== undefined;
      return () => isThere;
    },
    mapped: (change) => cellFormat({ ...parts, map: change(map) }),
  };
}

const MISFIT_QUOTES: ImportedRecord = { kind: 'rejected', reason: 'quotes do not fit' };

function isHeader(columns: readonly string[], map: FieldMap | undefined, signs: readonly string[]): boolean {
  const lookup = lookupIn(columns);
  return signs.length > 0 ? signs.every((name) => lookup(name) !== undefined) : tellsCode(columns, map);
}

/** Whether rows with these columns tell a short code. */
function tellsCode(columns: readonly string[], map: FieldMap | undefined): boolean {
  const lookup = lookupIn(columns);
  const { names, beside = [] } = map?.sources.short_code ?? { names: ['short_code'] };
  const ownNames = readsOwnNames(map) ? ['short_code'] : [];
  const isConstant = names.length === 0 && columns.length > 1;
  return isConstant || [...names, ...beside, ...ownNames].some((name) => lookup(name) !== undefined);
}

/** Of columns that have the same name only one could be read. Those that no field is read from may have any. */
function repeatedName(columns: readonly string[], map: FieldMap | undefined): string | undefined {
  const seen = new Set<string>();
  const repeated = new Set(columns.filter((name) => seen.size === seen.add(name).size));
  const properties = readsOwnNames(map) ? columns.filter(isPropertyName) : [];
  return [...namesRead(map).map(columnName), ...properties].find((name) => repeated.has(name));
}

/** Names are found in any letter case; of properties the one of the same letters is found first. */
function lookupIn(columns: readonly string[]): Lookup<readonly string[]> {
  const lower = columns.map((name) => name.toLowerCase());
  return (name) => {
    const same = columns.indexOf(name);
    const place = same === -1 ? lower.indexOf(name.toLowerCase()) : same;
    return place === -1 ? undefined : (cells) => cells[place];
  };
}

function rowReader(
  header: FileHeader,
  map: FieldMap | undefined,
): (cells: readonly string[]) => ImportedRecord {
  const readOwn = ownReader(header);
  if (map === undefined) return readOwn;
  const read = clickReader(map, lookupIn(header.columns));
  return (cells) => {
    const own = readOwn(cells);
    if (own.kind !== 'click') return own;
    return readsOwnNames(map) ? withOwnNames(own, read(cells)) : read(cells);
  };
}

function readsOwnNames(map: FieldMap | undefined): boolean {
  return map === undefined || map.keepsOwnNames === true;
}

/** By the name of a column. A column that no field is named after is ignored later. */
const PARSERS: ReadonlyMap<string, (cell: string) => unknown> = new Map(
  INPUT_NAMES.map((name) => [name, INPUTS[name].input.parseCell]),
);

/** Puts cells under the names of the header. An empty cell is not given; spreadsheets leave out the last ones. */
function ownReader({ columns }: FileHeader): (cells: readonly string[]) => ImportedRecord {
  const places = columns.map((name) => ({
    name,
    key: isPropertyName(name) ? propertyKey(name) : undefined,
    parse: PARSERS.get(name),
  }));
  return (cells) => {
    if (cells.length > columns.length && cells.slice(columns.length).some((cell) => cell.trim() !== ''))
      return { kind: 'rejected', reason: 'more cells than the header line' };
    const value: Record<string, unknown> = {};
    const properties: (readonly [string, string])[] = [];
    let isEmpty = true;
    places.forEach(({ name, key, parse }, place) => {
      const cell = cells[place] ?? '';
      if (cell === '') return;
      if (key === undefined) value[name] = parse?.(cell) ?? cell;
      else properties.push([key, cell]);
      isEmpty &&= cell.trim() === '';
    });
    if (isEmpty) return { kind: 'skipped', reason: 'row of empty cells' };
    if (properties.length > 0) value['properties'] = withProperties(value['properties'], properties);
    return { kind: 'click', value };
  };
}
