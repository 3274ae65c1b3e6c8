import { MAX_OTHER_CODES } from '../clicks/import/batch-report.ts';
import { type ImportPreview, mergePreviews } from '../clicks/import/preview.ts';
import { BLANK_LINE } from '../clicks/import/reading.ts';

/** Counts of records by reason, each with the first of their line numbers. */
export type ReasonCounts = Readonly<
  Record<string, { readonly count: number; readonly lines: readonly number[] }>
>;

/** The result of importing a file. Times are ISO 8601. */
export interface ImportReport {
  readonly read: number;
  readonly accepted: number;
  /** Clicks that were stored before. */
  readonly known: number;
  /** Accepted clicks without a time of their own. */
  readonly untimed: number;
  /** Clicks that were erased before. */
  readonly erased: number;
  /** Clicks for URLs of other owners, left out. */
  readonly other_owner: number;
  /** The first of those URLs. */
  readonly other_owner_codes: readonly string[];
  /** Last lines of logs without a line end, left for the next import. */
  readonly unfinished: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly rejected: ReasonCounts;
  readonly warnings: ReasonCounts;
  readonly first_click: string | null;
  readonly last_click: string | null;
  /** Of a dry run. */
  readonly preview?: ImportPreview | undefined;
}

/** How many line numbers are listed for each reason. */
const MAX_LINES = 5;

export function emptyReport(): ImportReport {
  return {
    read: 0,
    accepted: 0,
    known: 0,
    untimed: 0,
    erased: 0,
    other_owner: 0,
    other_owner_codes: [],
    unfinished: 0,
    skipped: {},
    rejected: {},
    warnings: {},
    first_click: null,
    last_click: null,
  };
}

/** Whether there are lines, and none of them is a click that was stored now or before. */
export function hasNoClicks({ read, skipped, first_click: firstClick }: ImportReport): boolean {
  return firstClick === null && read > (skipped[BLANK_LINE] ?? 0);
}

export function rejectedCount({ rejected }: ImportReport): number {
  return Object.values(rejected).reduce((sum, { count }) => sum + count, 0);
}

export function mergeReports(a: ImportReport, b: ImportReport): ImportReport {
  const skipped: Record<string, number> = { ...a.skipped };
  for (const [reason, count] of Object.entries(b.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count;
  const times = (values: readonly (string | null)[]) => values.filter((value) => value !== null).toSorted();
  return {
    read: a.read + b.read,
    accepted: a.accepted + b.accepted,
    known: a.known + b.known,
    untimed: a.untimed + b.untimed,
    erased: a.erased + b.erased,
    other_owner: a.other_owner + b.other_owner,
    other_owner_codes: [...new Set([...a.other_owner_codes, ...b.other_owner_codes])].slice(
      0,
      MAX_OTHER_CODES,
    ),
    unfinished: a.unfinished + b.unfinished,
    skipped,
    rejected: mergeReasons(a.rejected, b.rejected),
    warnings: mergeReasons(a.warnings, b.warnings),
    first_click: times([a.first_click, b.first_click])[0] ?? null,
    last_click: times([a.last_click, b.last_click]).at(-1) ?? null,
    preview: mergePreviews(a.preview, b.preview),
  };
}

function mergeReasons(a: ReasonCounts, b: ReasonCounts): ReasonCounts {
  const merged = { ...a };
  for (const [reason, { count, lines }] of Object.entries(b)) {
    const known = merged[reason] ?? { count: 0, lines: [] };
    merged[reason] = { count: known.count + count, lines: [...known.lines, ...lines].slice(0, MAX_LINES) };
  }
  return merged;
}
