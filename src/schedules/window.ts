import { parseRange } from '../stats/parse/requested-range.ts';
import { RANGE_NAMES, type RangeName } from '../stats/registry/ranges.ts';

/** A range that each run has anew, as of the time that it is due. */
export type ScheduleRange = Exclude<RangeName, 'all'> | 'since_last_run';

const isRelative = (name: RangeName): name is Exclude<RangeName, 'all'> => name !== 'all';

export const SCHEDULE_RANGES: readonly ScheduleRange[] = [
  'since_last_run',
  ...RANGE_NAMES.filter(isRelative),
];

/** What a run is about. Unix milliseconds. */
export interface Window {
  readonly from: number;
  /** Not included. */
  readonly before: number;
}

/**
 * The clicks, by when they happened, that a named range holds as of a moment.
 * @param at the time that the run is due, Unix milliseconds
 */
export function windowOf(
  range: Exclude<ScheduleRange, 'since_last_run'>,
  timezone: string,
  at: number,
): Window {
  const { start = at, end } = parseRange({ range }, timezone, at);
  // The last millisecond of a range belongs to it.
  return { from: start, before: end + 1 };
}

/** The dates of a window as parameters of an export or of statistics, which include both. */
export function datesOf({ from, before }: Window): {
  readonly start_date: string;
  readonly end_date: string;
} {
  return { start_date: String(from), end_date: String(before - 1) };
}
