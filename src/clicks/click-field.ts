import type { NativeType } from '../clickhouse/native.ts';
import type { FieldInput } from './field-input.ts';

/** A column of the table `clicks`. */
export interface FieldColumn<Sent, Stored> {
  /** How it is inserted. */
  readonly type: NativeType<Stored>;
  /** What is stored of a click without the field, unless an enrich step works it out. */
  readonly absent: Stored;
  /** What is stored of the field as sent; undefined for a column that no field is sent for. */
  readonly from: ((sent: Sent) => Stored) | undefined;
}

type AnyColumn = Readonly<Record<keyof FieldColumn<never, never>, unknown>>;

/** Everything about one field of a click. */
export type ClickField = SentField | DerivedField;

interface SentField {
  /** As clients send it. */
  readonly input: FieldInput<unknown>;
  /** As it is stored, which follows from what is sent; undefined for what only serves to work out others. */
  readonly column: (AnyColumn & { readonly from: object }) | undefined;
}

/** A field that is only worked out. */
interface DerivedField {
  readonly input: undefined;
  readonly column: AnyColumn;
}
