/** What a record of an imported file turns out to be. A record that is no click is a value with a reason. */
export type ImportedRecord =
  | { readonly kind: 'click'; readonly value: unknown }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };

/** Parses the names of columns; undefined for a record that is none. */
export type HeaderParser = (record: string) => readonly string[] | undefined;

/** A file format that clicks can be imported from. */
export interface ImportFormat {
  /** What its files are, for the command line's help. */
  readonly description: string;
  /** The endings of file names by which it is recognised, lower-case, before `.gz`. No two formats share one. */
  readonly endings: readonly [string, ...string[]];
  /** Parses the first record where that names the columns of the others. Undefined for a format without a header. */
  readonly parseHeader: HeaderParser | undefined;
  /** A line break inside quotes belongs to the record. */
  readonly isQuoted: boolean;
  /**
   * Parses one record, which is not blank, without its line break.
   * @param columns the names in the header; empty for a format without one
   */
  readonly parse: (record: string, columns: readonly string[]) => ImportedRecord;
}
