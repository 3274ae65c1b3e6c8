import { z } from 'zod';
import { invalid, invalidBy, notOneOf } from '../../errors.ts';
import { YEAR_2000 } from '../../lib/calendar.ts';
import type { TimeRange } from '../time/buckets.ts';
import { DEFAULT_GROUP_BY, DIMENSION_NAMES, type DimensionName } from '../registry/dimensions.ts';
import { INTERVAL_NAMES, type IntervalName, defaultInterval } from '../registry/intervals.ts';
import { DEFAULT_METRICS, METRIC_NAMES, type MetricName } from '../registry/metrics.ts';
import { parseInstant, parseTimeZone } from './dates.ts';
import type { Filter } from './filter.ts';
import { parseFilters } from './filter-parameters.ts';
import { type RawParameters, splitList, valueOf } from './parameters.ts';
import { previousRange } from './previous-range.ts';
import { QUESTION_RULES, RESULT_RULES, checkRules } from './rules.ts';

export const SCOPES_OF_STATS = ['all', 'anon'] as const;
export const BOT_CHOICES = ['include', 'exclude', 'only'] as const;
export const COMPARE_CHOICES = ['previous'] as const;

/** Whose clicks a question is about, before anything is known of the URL or the key. */
export type Subject =
  | { readonly scope: 'all'; readonly ownerId: string | undefined }
  | { readonly scope: 'anon'; readonly shortCode: string };

/** A question about clicks, wholly checked. */
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
  /** All of them hold. */
  readonly filters: readonly Filter[];
  readonly bots: (typeof BOT_CHOICES)[number];
  /** Groups kept in each list but time's; undefined: all. */
  readonly limit: number | undefined;
  /** Older clicks are past their retention and not counted, also while they are still stored; Unix milliseconds. */
  readonly keptSince?: number | undefined;
  /** The period to compare with; null where no time lies before the range that clicks can be of. */
  readonly previous?: TimeRange | null | undefined;
  /** Whether ClickHouse shows the time zone's local time as Node does, in both periods; not known: false. */
  readonly sameClock?: boolean;
}

/** A question as it was asked: what has a default that depends on the kind of answer is still open. */
export type Question = Omit<StatsQuery, 'range' | 'interval' | 'previous' | 'sameClock'> & {
  readonly start: number | undefined;
  readonly end: number;
  readonly endsNow: boolean;
  readonly interval: IntervalName | undefined;
  readonly compare?: (typeof COMPARE_CHOICES)[number] | undefined;
};

export interface ParseContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** The time zones that ClickHouse lists; those that Node lists are known as well. */
  readonly timeZones: ReadonlySet<string>;
  /** Unix milliseconds; undefined: clicks are kept for good. */
  readonly keptSince?: number | undefined;
  /** Whose clicks the question is about, where no parameter says so. */
  readonly subject?: Subject | undefined;
  /** The dimensions of a question that names none. */
  readonly groupBy?: readonly DimensionName[] | undefined;
}

export const DEFAULT_LIMIT = 1_000;
export const MAX_LIMIT = 10_000;
const DEFAULT_DAYS = 7;
const WEEK_MS = DEFAULT_DAYS * 86_400_000;

/** Parameters that are one of a few. */
export const choices = z.object({
  breakdown: z.enum(['true', 'false'], 'must be true or false').optional(),
  bots: z.enum(BOT_CHOICES, `must be one of: ${BOT_CHOICES.join(', ')}`).default('include'),
  interval: z.enum(INTERVAL_NAMES, `must be one of: ${INTERVAL_NAMES.join(', ')}`).optional(),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 1 to 10000')
    .transform(Number)
    .pipe(z.number().min(1, 'must be at least 1').max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`))
    .optional(),
});

/**
 * Reads a question from a query string; which parameters it may have is for the route to say.
 * @throws AppError `validation_error`, with the parameter as its field: 422 where a closed set was missed, else 400
 */
export function parseQuestion(raw: RawParameters, context: ParseContext): Question {
  const { now, timeZones, keptSince, subject = parseSubject(raw) } = context;
  const groupBy = parseNames(raw, 'group_by', DIMENSION_NAMES, context.groupBy ?? DEFAULT_GROUP_BY);
  const chosen = parseNames(raw, 'metrics', METRIC_NAMES, DEFAULT_METRICS);
  const timezone = parseTimeZone(valueOf(raw, 'timezone') ?? 'UTC', timeZones);
  const { breakdown, ...chosenOnes } = parseChoices(raw);
  const question: Question = {
    subject,
    ...parseDates(raw, timezone, now),
    groupBy,
    metrics: METRIC_NAMES.filter((name) => chosen.includes(name)),
    timezone,
    breakdown: breakdown === undefined ? groupBy.length === 2 : breakdown === 'true',
    filters: parseFilters(raw, subject.scope),
    compare: parseCompare(raw),
    keptSince,
    ...chosenOnes,
  };
  checkRules(QUESTION_RULES, { question, raw });
  return question;
}

/**
 * A question with the defaults of a statistics answer, which is of bounded size.
 * @throws AppError 400 for more time buckets than an answer may hold
 */
export function forAnswer(question: Question): StatsQuery {
  const query = withRange(question, question.end - WEEK_MS);
  checkRules(RESULT_RULES, query);
  return {
    ...query,
    limit: query.limit ?? DEFAULT_LIMIT,
    ...(question.compare === undefined ? {} : { previous: previousOf(question, query.range) }),
  };
}

/** Nothing lies before 2000: a period that would begin earlier is cut there, and one that would end earlier is none. */
function previousOf({ start: asked, endsNow, timezone }: Question, range: TimeRange): TimeRange | null {
  const { start, end } = previousRange(range, timezone, {
    endsNow,
    daysBack: asked === undefined ? DEFAULT_DAYS : undefined,
  });
  return end < YEAR_2000 ? null : { start: Math.max(start, YEAR_2000), end };
}

/**
 * A question with the defaults of an export, which holds everything there is.
 * @param oldest Unix milliseconds from which on there can be clicks; undefined when there are none
 */
export function forExport(question: Question, oldest: number | undefined): StatsQuery {
  return withRange(question, Math.min(oldest ?? question.end - WEEK_MS, question.end));
}

function withRange({ start: asked, end, ...question }: Question, defaultStart: number): StatsQuery {
  const start = asked ?? Math.max(defaultStart, YEAR_2000);
  const isClamped = question.isClamped === true || start !== (asked ?? defaultStart);
  return {
    ...question,
    isClamped,
    range: { start, end },
    interval: question.interval ?? defaultInterval(start, end),
  };
}

function parseChoices(raw: RawParameters) {
  const given = Object.fromEntries(Object.keys(choices.shape).map((name) => [name, valueOf(raw, name)]));
  const parsed = choices.safeParse(given);
  if (parsed.success) {
    const { breakdown, bots, interval, limit } = parsed.data;
    return { breakdown, bots, interval, limit };
  }
  throw invalidBy(parsed.error);
}

function parseCompare(raw: RawParameters): Question['compare'] {
  const wanted = valueOf(raw, 'compare');
  const compare = COMPARE_CHOICES.find((known) => known === wanted);
  if (compare === wanted) return compare;
  throw invalid('compare', `compare must be one of: ${COMPARE_CHOICES.join(', ')}.`);
}

function parseSubject(raw: RawParameters): Subject {
  const scope = valueOf(raw, 'scope')?.toLowerCase() ?? 'all';
  if (scope === 'all') return { scope, ownerId: valueOf(raw, 'owner_id') };
  if (scope !== 'anon') throw notOneOf('scope', SCOPES_OF_STATS);
  const shortCode = valueOf(raw, 'short_code');
  if (shortCode === undefined) throw invalid('short_code', 'short_code is required with scope=anon.');
  return { scope, shortCode };
}

function parseNames<Name extends string>(
  raw: RawParameters,
  field: string,
  allowed: readonly Name[],
  fallback: readonly Name[],
): readonly Name[] {
  const names = splitList(valueOf(raw, field) ?? '');
  if (names.length === 0) return fallback;
  const known = names.map((name) => allowed.find((one) => one === name));
  if (known.includes(undefined)) throw notOneOf(field, allowed);
  return [...new Set(known.filter((name) => name !== undefined))];
}

/** Later than now is taken as now, before 2000 as its first moment. */
function parseDates(
  raw: RawParameters,
  timezone: string,
  now: number,
): Pick<Question, 'start' | 'end' | 'endsNow' | 'isClamped'> {
  const clamp = (instant: number): number => Math.min(Math.max(instant, YEAR_2000), now);
  const givenEnd = parseDate(raw, 'end_date', timezone, 'end') ?? now;
  const givenStart = parseDate(raw, 'start_date', timezone, 'start');
  const end = clamp(givenEnd);
  const start = givenStart === undefined ? undefined : clamp(givenStart);
  return { start, end, endsNow: end === now, isClamped: start !== givenStart || end !== givenEnd };
}

function parseDate(
  raw: RawParameters,
  field: string,
  timezone: string,
  edge: 'start' | 'end',
): number | undefined {
  const text = valueOf(raw, field);
  return text === undefined ? undefined : parseInstant(field, text, timezone, edge);
}
