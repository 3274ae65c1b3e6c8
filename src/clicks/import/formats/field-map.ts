import { INPUTS, INPUT_NAMES, type InputName } from '../../click-schema.ts';
import type { ImportedRecord } from './imported-record.ts';
import { withProperties } from './property-names.ts';
import { shortCodeOf } from './request-path.ts';
import { isObject } from '../../../lib/json-object.ts';

/** Where records of another service have a field of a click. */
export interface FieldSource {
  /** Names of theirs. Of those that a record has, the first that is not empty counts. */
  readonly names: readonly string[];
  /** Names of values that `convert` needs besides. */
  readonly beside?: readonly string[];
  /** What the click has; undefined where it has nothing. Null or empty is what the record has no value for. */
  readonly convert?: (found: unknown, ...beside: readonly unknown[]) => unknown;
}

export type FieldSources = { readonly [Name in InputName]?: FieldSource };

/** How the records of another service become clicks. */
export interface FieldMap {
  readonly description: string;
  /** A click's own names count too, where a record has nothing under those of the map. */
  readonly keepsOwnNames?: boolean;
  readonly sources: FieldSources;
  /** Where they have the click's own properties, by the keys of those. */
  readonly properties?: readonly (readonly [key: string, source: FieldSource])[];
  /** Why a record is no click, by the value of one of these names. */
  readonly leftOut?: {
    readonly names: readonly string[];
    readonly reasonOf: (found: unknown) => string | undefined;
  };
}

/** The names that clicks are read from. */
export function namesRead(map: FieldMap | undefined): readonly string[] {
  if (map === undefined) return INPUT_NAMES;
  const ofProperties = (map.properties ?? []).map(([, source]) => source);
  const sources: readonly FieldSource[] = [...Object.values(map.sources), ...ofProperties];
  const theirs = sources.flatMap(({ names, beside = [] }) => [...names, ...beside]);
  return [...theirs, ...(map.leftOut?.names ?? []), ...(map.keepsOwnNames === true ? INPUT_NAMES : [])];
}

/** Makes what looks up a name in a record: undefined for what is not there; itself undefined where no record has the name. */
export type Lookup<Row> = (name: string) => ((row: Row) => unknown) | undefined;

/** Makes what turns a record into a click. */
export function clickReader<Row>(
  { sources, properties = [], leftOut }: FieldMap,
  lookup: Lookup<Row>,
): (row: Row) => ImportedRecord {
  const readers = INPUT_NAMES.flatMap((field) => {
    const source = sources[field];
    return source === undefined ? [] : [{ field, read: fieldReader(field, source, lookup) }];
  });
  const propertyReaders = properties.map(([key, source]) => ({ key, read: sourceReader(source, lookup) }));
  const findLeftOut = leftOut && finder(leftOut.names, lookup);
  return (row) => {
    const value: Record<string, unknown> = {};
    for (const { field, read } of readers) {
      const found = read(row);
      if (isFilled(found)) value[field] = found;
    }
    const pairs = propertyReaders.flatMap(({ key, read }) => {
      const found = read(row);
      return isFilled(found) ? [[key, found] as const] : [];
    });
    if (pairs.length > 0) value['properties'] = withProperties(value['properties'], pairs);
    const reason = leftOut?.reasonOf(findLeftOut?.(row));
    return reason === undefined
      ? { kind: 'click', value }
      : { kind: 'skipped', reason, time: value['clicked_at'] };
  };
}

function fieldReader<Row>(field: InputName, source: FieldSource, lookup: Lookup<Row>): (row: Row) => unknown {
  const { parseCell } = INPUTS[field].input;
  const read = sourceReader(source, lookup);
  return (row) => {
    const value = read(row);
    if (typeof value === 'string') return field === 'short_code' ? codeOf(value) : parseCell(value);
    return typeof value === 'number' || typeof value === 'boolean' ? parseCell(String(value)) : value;
  };
}

function sourceReader<Row>(
  { names, beside = [], convert }: FieldSource,
  lookup: Lookup<Row>,
): (row: Row) => unknown {
  const find = finder(names, lookup);
  const findBeside = beside.map((name) => finder([name], lookup));
  return (row) => {
    const found = find(row);
    return convert === undefined ? found : convert(found, ...findBeside.map((get) => get(row)));
  };
}

/** The first value under these names that is not empty; else null or an empty text, where there is one. */
function finder<Row>(names: readonly string[], lookup: Lookup<Row>): (row: Row) => unknown {
  const lookups = names.flatMap((name) => lookup(name) ?? []);
  return (row) => {
    let empty: unknown;
    for (const find of lookups) {
      const value = find(row);
      if (isFilled(value)) return value;
      if (value !== undefined) empty = value;
    }
    return empty;
  };
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

const ADDRESS = /^(?:https?:\/)?\//i;

/** The short code in an address or a path, as a log's line would have it; any other text is one already. */
function codeOf(text: string): string {
  return ADDRESS.test(text) ? shortCodeOf(text, 'none', false) : text;
}

/** Joins what a record says under a click's own names with what it says under those of a map. */
export function withOwnNames(own: ImportedRecord, mapped: ImportedRecord): ImportedRecord {
  if (own.kind !== 'click' || mapped.kind !== 'click') return mapped;
  const { properties: mappedProperties } = mapped.value;
  const value = { ...own.value, ...mapped.value };
  if (!isObject(mappedProperties)) return { kind: 'click', value };
  const properties = withProperties(own.value['properties'], Object.entries(mappedProperties));
  return { kind: 'click', value: { ...value, properties } };
}
