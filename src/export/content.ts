import type { Column } from '../lib/row-template.ts';

/** What an export holds, as a writer sees it: the small things at once, the lists one after another. */
export interface ExportContent {
  /** The answer's fields but its lists, in order. */
  readonly head: Readonly<Record<string, unknown>>;
  /** The answer's summary, by name. */
  readonly summary: Readonly<Record<string, string | number | null>>;
  /** Every list there will be, in order. */
  readonly listNames: readonly { readonly name: string; readonly columns: readonly Column[] }[];
  /** The lists; each one's rows must be read to their end before the next. */
  readonly lists: AsyncIterable<ExportList>;
  /** How many groups each list but time's has; complete once the lists are read. */
  readonly groupCounts: Readonly<Record<string, number>>;
}

export interface ExportList {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Pieces of some KB of the rows as the format's template writes them; a row may lie across two pieces. */
  readonly rows: AsyncIterable<Buffer>;
}
