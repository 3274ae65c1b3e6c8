import type { NativeType } from '../clickhouse/native.ts';
import { namesOf } from '../lib/names.ts';
import type { FieldColumn } from './click-field.ts';
import type { FieldInput } from './field-input.ts';
import { CLICK_FIELDS } from './fields.ts';

type Fields = typeof CLICK_FIELDS;

/** A field that clients send. */
export type InputName = {
  [Name in keyof Fields]: Fields[Name]['input'] extends undefined ? never : Name;
}[keyof Fields];

/** A field that is stored, and the name of its column. */
export type ColumnName = {
  [Name in keyof Fields]: Fields[Name]['column'] extends undefined ? never : Name;
}[keyof Fields];

type ParsedOf<Name extends keyof Fields> =
  Fields[Name]['input'] extends FieldInput<infer Parsed> ? Parsed : undefined;

type StoredOf<Name extends keyof Fields> = Fields[Name]['column'] extends {
  readonly type: NativeType<infer Stored>;
}
  ? Stored
  : never;

/**
 * A click that was validated, with what it tells about the visitor; undefined means not told. Times are Unix
 * milliseconds, addresses in canonical form.
 */
export type Click = { readonly [Name in InputName]: ParsedOf<Name> };

/**
 * A click as it is stored: one row of the table `clicks`, without the visitor's address and user agent. `visitor` has 64
 * bits, unsigned; countries are of ISO 3166-1 alpha-2.
 */
export type ClickRow = { readonly [Name in ColumnName]: StoredOf<Name> };

/** The fields that clients send, as far as that goes. */
export const INPUTS: {
  readonly [Name in InputName]: { readonly input: FieldInput<Click[Name]> };
} = CLICK_FIELDS;

/** The value that a click sent for a column's own field; undefined if it sent none. */
export type Told = { readonly [Name in ColumnName]?: ParsedOf<Name> };

/** The fields that are stored, as far as that goes. */
export const COLUMNS: {
  readonly [Name in ColumnName]: {
    readonly column: FieldColumn<NonNullable<ParsedOf<Name>>, ClickRow[Name]>;
  };
} = CLICK_FIELDS;

const FIELD_NAMES = namesOf(CLICK_FIELDS);

export const INPUT_NAMES: readonly InputName[] = FIELD_NAMES.filter(
  (name): name is InputName => CLICK_FIELDS[name].input !== undefined,
);

export const COLUMN_NAMES: readonly ColumnName[] = FIELD_NAMES.filter(
  (name): name is ColumnName => CLICK_FIELDS[name].column !== undefined,
);
