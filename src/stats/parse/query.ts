import { invalid, notOneOf } from '../../errors.ts';
import { DAY, YEAR_2000 } from '../../lib/calendar.ts';
import type { Sql } from '../../sql/sql.ts';
import type { TimeRange } from '../time/buckets.ts';
import { DEFAULT_GROUP_BY, DIMENSION_NAMES, type DimensionName } from '../registry/dimension-names.ts';
import {
  type Interval,
  type IntervalName,
  INTERVALS,
  type WeekStart,
  defaultInterval,
  withWeekStart,
} from '../registry/intervals.ts';
import { isPropertyName } from '../registry/properties.ts';
import { DEFAULT_METRICS, METRIC_NAMES, type MetricName } from '../registry/metrics.ts';
import { parseChoices, parseNames } from './choices.ts';
import { type Compare, parseCompare } from './compare.ts';
import { comparedPeriod } from './compared-period.ts';
import { type RequestedRange, parseRange, parseTimeZone } from './dates.ts';
import type { Filter } from './filter.ts';
import { parseFilters } from './filter-parameters.ts';
import { type RawParameters, nameOf, splitList, valueOf, valuesOf } from './parameters.ts';
import { type Sort, parseSort } from './sort.ts';
import type { MetricList } from '../sql/lists.ts';
import type { ListOrder } from '../sql/order.ts';
import { COMPARED_RULES, REQUEST_RULES, RESULT_RULES, checkRules } from './rules.ts';
import { type BOT_CHOICES, DEFAULT_LIMIT, SCOPES_OF_STATS } from './values.ts';

/** Whose clicks a request is about, before anything is known of the URL or the key: names as sent, blanks around them too. */
export type Subject =
  | { readonly scope: 'all'; readonly ownerId: string | undefined }
  | { readonly scope: 'anon'; readonly shortCode: string };

/** A stats query, fully validated. */
export interface StatsQuery {
  readonly subject: Subject;
  readonly range: TimeRange;
  /** Whether the range ends now: clicks from senders whose clock is ahead then belong to its last bucket. Not known: false. */
  readonly endsNow?: boolean;
  /** Whether a date lies beyond the times that clicks can be of, and the range begins or ends at their bound instead. */
  readonly isClamped?: boolean;
  readonly groupBy: readonly DimensionName[];
  readonly metrics: readonly MetricName[];
  readonly timezone: string;
  readonly interval: IntervalName;
  readonly breakdown: boolean;
  /** Where several queries are counted as this one: each list. Unless given, they follow from the query. */
  readonly lists?: readonly MetricList[] | undefined;
  /** Where these order or cut their lists in several ways: each of them, in place of `sort`, `limit` and `offset`. */
  readonly orders?: readonly ListOrder[] | undefined;
  /** All of them hold. */
  readonly filters: readonly Filter[];
  readonly bots: (typeof BOT_CHOICES)[number];
  /** Groups kept in each list but time's; undefined: all. */
  readonly limit: number | undefined;
  /** Groups skipped in each list but time's, before those that are kept; not given: none. */
  readonly offset?: number | undefined;
  /** Whether a row of each list unites the groups that `limit` cuts off; only with a limit. */
  readonly other?: boolean;
  /** What groups are ordered by; unless given, by the first metric, the largest first. */
  readonly sort?: Sort | undefined;
  /** Older clicks are past their retention and not counted, also while they are still stored; Unix milliseconds. */
  readonly keptSince?: number | undefined;
  /** The period to compare with; null where no time lies before the range that clicks can be of. */
  readonly previous?: TimeRange | null | undefined;
  /** Whether ClickHouse shows the time zone's local time as Node does, in both periods; not known: false. */
  readonly sameClock?: boolean;
  /** Rows of the tags of URLs, where the query is about tags; not given: those that are stored beside the clicks. */
  readonly taggedUrls?: Sql;
}

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

/** Segments that a request may name. */
const MAX_SEGMENTS = 10;

export interface ParseContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** The time zones that ClickHouse lists; those that Node lists are known as well. */
  readonly timeZones: ReadonlySet<string>;
  /** Unix milliseconds; undefined: clicks are kept for good. */
  readonly keptSince?: number | undefined;
  /** Whose clicks the request is about, where no parameter says so. */
  readonly subject?: Subject | undefined;
  /** The dimensions of a request that names none. */
  readonly groupBy?: readonly DimensionName[] | undefined;
}

const WEEK_MS = 7 * DAY;

/**
 * Parses a request from its query string; which parameters it may have is for the route to say.
 * @throws AppError `validation_error`, with the parameter as its field: 422 where a closed set was missed, else 400
 */
export function parseStatsRequest(raw: RawParameters, context: ParseContext): StatsRequest {
  const { now, timeZones, keptSince, subject = parseSubject(raw) } = context;
  const groupBy = parseNames<DimensionName>(
    raw,
    'group_by',
    DIMENSION_NAMES,
    context.groupBy ?? DEFAULT_GROUP_BY,
    isPropertyName,
  );
  const chosen = parseNames(raw, 'metrics', METRIC_NAMES, DEFAULT_METRICS);
  const timezone = parseTimeZone(valueOf(raw, 'timezone') ?? 'UTC', timeZones);
  const { breakdown, ...chosenOnes } = parseChoices(raw);
  const request: StatsRequest = {
    subject,
    ...parseRange(raw, timezone, now),
    groupBy,
    metrics: METRIC_NAMES.filter((name) => chosen.includes(name)),
    timezone,
    breakdown: breakdown === undefined ? groupBy.length === 2 : breakdown === 'true',
    filters: parseFilters(raw, subject.scope),
    sort: parseSort(raw, groupBy),
    segments: parseSegments(raw),
    compare: parseCompare(raw, timezone, now),
    keptSince,
    ...chosenOnes,
  };
  checkRules(REQUEST_RULES, { request, raw });
  return request;
}

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

/** @throws AppError 400 for more than a request may name */
function parseSegments(raw: RawParameters): readonly string[] {
  const names = [...new Set(valuesOf(raw, 'segment').flatMap(splitList))];
  if (names.length <= MAX_SEGMENTS) return names;
  throw invalid('segment', `A request names at most ${MAX_SEGMENTS} segments.`);
}

function parseSubject(raw: RawParameters): Subject {
  const scope = valueOf(raw, 'scope')?.toLowerCase() ?? 'all';
  if (scope === 'all') return { scope, ownerId: nameOf(raw, 'owner_id') };
  if (scope !== 'anon') throw notOneOf('scope', SCOPES_OF_STATS);
  const shortCode = nameOf(raw, 'short_code');
  if (shortCode === undefined) throw invalid('short_code', 'short_code is required with scope=anon.');
  return { scope, shortCode };
}
