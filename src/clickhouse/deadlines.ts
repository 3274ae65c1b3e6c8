/** How long a request waits for ClickHouse before it gets an error, in milliseconds. */
export interface Deadlines {
  /** A look at what is known of a key or a URL, unless its query says otherwise. */
  readonly lookUpMs: number;
  readonly statsMs: number;
  /** An export's first byte; what follows lasts as long as its client reads. */
  readonly firstByteMs: number;
  /** An insert, or a statement without a result. */
  readonly statementMs: number;
  /** For a killed query to end; after that it is left to ClickHouse. */
  readonly endMs: number;
}

export const DEADLINES: Deadlines = {
  lookUpMs: 10_000,
  statsMs: 30_000,
  firstByteMs: 60_000,
  statementMs: 60_000,
  endMs: 10_000,
};
