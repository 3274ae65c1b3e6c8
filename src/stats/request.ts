import type { Compare } from './parse/compare.ts';
import type { RequestedRange } from './parse/requested-range.ts';
import type { StatsQuery } from './query.ts';
import type { IntervalName, WeekStart } from './registry/intervals.ts';

/** A request for statistics as it was sent: what has one default in a stats result and another in an export is still open. */
export type StatsRequest = Omit<
  StatsQuery,
  'range' | 'interval' | 'lists' | 'previous' | 'sameClock' | 'taggedUrls'
> &
  Omit<RequestedRange, 'isClamped'> & {
    readonly interval: IntervalName | undefined;
    /** Not given: Monday. */
    readonly weekStart?: WeekStart;
    readonly compare?: Compare | undefined;
    /** Names of filters that are stored. */
    readonly segments: readonly string[];
  };
