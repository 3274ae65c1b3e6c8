import { DAY, YEAR_2000 } from '../../lib/calendar.ts';
import type { StatsQuery } from '../query.ts';
import { type Interval, INTERVALS, defaultInterval, withWeekStart } from '../registry/intervals.ts';
import type { StatsRequest } from '../request.ts';
import type { TimeRange } from '../time/buckets.ts';
import { comparedPeriod } from './compared-period.ts';
import { COMPARED_RULES, RESULT_RULES, checkRules } from './rules.ts';
import { DEFAULT_LIMIT } from './values.ts';

const WEEK_MS = 7 * DAY;

/**
 * The query of a stats result, which is of bounded size.
 * @param oldest of a range of all time: Unix milliseconds from which on there can be clicks; undefined when there are none
 * @throws AppError 400 for more time buckets than a result may hold
 */
export function statsQuery(request: StatsRequest, oldest?: number): StatsQuery {
  const query = withRange(request, ownStart(request) ?? allTime(request, oldest));
  checkRules(RESULT_RULES, query);
  const compared = { ...query, limit: query.limit ?? DEFAULT_LIMIT, ...withPrevious(request, query.range) };
  if (request.compare?.kind === 'range') checkRules(COMPARED_RULES, compared);
  return compared;
}

/** The period that the request compares with; none where all of it lies before 2000, when there is no click. */
function withPrevious(
  { compare, endsNow, timezone }: StatsRequest,
  range: TimeRange,
): Pick<StatsQuery, 'previous'> {
  if (compare === undefined) return {};
  const previous = comparedPeriod(range, compare, { timezone, endsNow });
  return { previous: previous.end < YEAR_2000 ? null : previous };
}

/**
 * The query of an export, which holds everything there is.
 * @param oldest Unix milliseconds from which on there can be clicks; undefined when there are none
 */
export function exportQuery(request: StatsRequest, oldest: number | undefined): StatsQuery {
  const query = withRange(request, ownStart(request) ?? allTime(request, oldest));
  const { other = false, ...rest } = { ...query, ...withPrevious(request, query.range) };
  // All groups are kept where there is no limit.
  return other && rest.limit !== undefined ? { ...rest, other } : rest;
}

/** The start of all time (Unix ms): seven days before its end where there are no clicks. */
function allTime({ end }: StatsRequest, oldest: number | undefined): number {
  return Math.min(oldest ?? end - WEEK_MS, end);
}

/** The default start of a range (Unix ms) whose interval has one of its own. */
function ownStart({ interval, end, rangeName }: StatsRequest): number | undefined {
  if (rangeName !== undefined) return undefined;
  const { default_range: length }: Partial<Interval> = interval === undefined ? {} : INTERVALS[interval];
  return length === undefined ? undefined : end - length;
}

function withRange(
  { start: asked, end, weekStart, ...request }: StatsRequest,
  defaultStart: number,
): StatsQuery {
  const start = asked ?? Math.max(defaultStart, YEAR_2000);
  const isClamped = request.isClamped === true || start !== (asked ?? defaultStart);
  return {
    ...request,
    isClamped,
    range: { start, end },
    interval: withWeekStart(request.interval ?? defaultInterval(start, end), weekStart),
  };
}
