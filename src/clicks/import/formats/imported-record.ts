/** What a record of an imported file turns out to be. A record that is no click is a value with a reason. */
export type ImportedRecord =
  ImportedClick | SkippedRecord | { readonly kind: 'rejected'; readonly reason: string };

export interface SkippedRecord {
  readonly kind: 'skipped';
  readonly reason: string;
  /** When it was, as a click says it in `clicked_at`; undefined where the record has no time. */
  readonly time?: unknown;
}

export interface ImportedClick {
  readonly kind: 'click';
  readonly value: Readonly<Record<string, unknown>>;
  /** The host that was asked, where that is logged. */
  readonly host?: string | undefined;
}

/** Parses one record without its line break. */
export type RecordParser = (record: string) => ImportedRecord;
