import type { Column } from '../lib/row-template.ts';

/** What an export holds, as a writer sees it: the small things at once, the lists one after another. */
export interface ExportContent extends PeriodContent {
  /** How many groups each list but time's has; complete once the lists are read. */
  readonly groupCounts: Readonly<Record<string, number>>;
  /** The period before, where it was asked for; null where there is none. Its lists are to be read after the others. */
  readonly previous?: PeriodContent | null | undefined;
}

/** What an export holds of a period. */
export interface PeriodContent {
  /** The fields of the stats result without its lists, in order. */
  readonly head: Readonly<Record<string, unknown>>;
  /** The summary of the stats result, by name. That of the period before begins with its dates. */
  readonly summary: Readonly<Record<string, string | number | null>>;
  /** Every list there will be, in order. */
  readonly listNames: readonly NamedList[];
  /** The lists; each one's rows must be read to their end before the next. */
  readonly lists: AsyncIterable<ExportList>;
}

export interface NamedList {
  readonly name: string;
  readonly columns: readonly Column[];
}

export interface ExportList extends NamedList {
  /** Pieces of some KB of the rows as the format's template writes them; a row may lie across two pieces. */
  readonly rows: AsyncIterable<Buffer>;
}

/** The names of the lists of both periods, as `listsOfBoth` has them. */
export function listNamesOfBoth({ listNames, previous }: ExportContent): readonly NamedList[] {
  return [...listNames, ...(previous?.listNames ?? []).map(ofPrevious)];
}

/** The lists of both periods, for formats in which they stand side by side: those of the period before say so in their names. */
export async function* listsOfBoth({ lists, previous }: ExportContent): AsyncGenerator<ExportList> {
  yield* lists;
  for await (const list of previous?.lists ?? []) yield ofPrevious(list);
}

function ofPrevious<List extends NamedList>(list: List): List {
  return { ...list, name: `previous_${list.name}` };
}
