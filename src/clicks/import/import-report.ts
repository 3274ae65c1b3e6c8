import { z } from 'zod';
import { type ImportPreview, mergePreviews } from './preview.ts';
import { BLANK_LINE } from './reading.ts';

const count = () => z.int().min(0);
const instant = () => z.iso.datetime().nullable();

/** Counts of records by reason, each with the first of their line numbers. */
const reasonCounts = () =>
  z
    .record(z.string(), z.strictObject({ count: count(), lines: z.array(z.int()).readonly() }).readonly())
    .readonly();

/** What became of the lines of a file. Times are ISO 8601. */
export const importReportFields = {
  read: count().describe('Lines that were read: records, where one takes several lines.'),
  accepted: count().describe('Clicks that were added.'),
  known: count().describe('Clicks that were stored before.'),
  untimed: count().describe('Added clicks without a time of their own: the same file adds them again.'),
  erased: count().describe('Clicks that were erased before, and left out.'),
  other_owner: count().describe('Clicks for URLs of other owners, left out.'),
  other_owner_codes: z.array(z.string()).readonly().describe('The first of those URLs.'),
  unfinished: count().describe('Last lines of logs without a line end, left for the next import.'),
  skipped: z
    .record(z.string(), count())
    .readonly()
    .describe('Lines that are no clicks, by reason: other methods, statuses, blank lines.'),
  rejected: reasonCounts().describe('Lines that are wrong, by reason, with the first line numbers.'),
  warnings: reasonCounts().describe(
    'Clicks that were added without a part of one of their fields, by reason, with the first line numbers.',
  ),
  first_click: instant().describe('The time of the oldest click, added or known; null without one.'),
  last_click: instant().describe('The time of the newest.'),
};

export const importReportSchema = z.object(importReportFields);

/** What a dry run tells beside its counts. */
export const previewFields = {
  clicks: z
    .array(z.record(z.string(), z.unknown()))
    .readonly()
    .exactOptional()
    .describe('Of a dry run: the first clicks as they would be stored.'),
  commonest: z
    .array(z.strictObject({ short_code: z.string(), clicks: count() }).readonly())
    .readonly()
    .exactOptional()
    .describe('Of a dry run: short codes with the number of their clicks, the commonest first.'),
};

export type ImportReport = Readonly<z.output<typeof importReportSchema>> & {
  /** Of a dry run. */
  readonly preview?: ImportPreview | undefined;
};

export type ReasonCounts = ImportReport['rejected'];

/** How many line numbers are listed for each reason. */
export const MAX_LINES = 5;

/** How many short codes of other owners are listed. */
export const MAX_OTHER_CODES = 20;

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
