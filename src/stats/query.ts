import { z } from 'zod';
import { invalid, notOneOf } from '../errors.ts';
import { parseDateParameter } from '../values/date-time.ts';
import { knownToNode } from '../values/time-zone.ts';
import { countBuckets } from './buckets.ts';
import { DIMENSION_NAMES, type DimensionName } from './dimensions.ts';
import { type Filters, parseFilters } from './filter-parameters.ts';
import { INTERVAL_NAMES, type IntervalName, defaultInterval } from './intervals.ts';
import { METRIC_NAMES, type MetricName } from './metrics.ts';
import { type RawParameters, splitList, valueOf } from './parameters.ts';

export const SCOPES_OF_STATS = ['all', 'anon'] as const;
export const BOT_CHOICES = ['include', 'exclude', 'only'] as const;

/** Whose clicks a question is about, before anything is known of the URL or the key. */
export type Subject =
  | { readonly scope: 'all'; readonly ownerId: string | undefined }
  | { readonly scope: 'anon'; readonly shortCode: string };

/** Both ends included; Unix milliseconds. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** A question about clicks, wholly checked. */
export interface StatsQuery {
  readonly subject: Subject;
  readonly range: TimeRange;
  readonly groupBy: readonly DimensionName[];
  readonly metrics: readonly MetricName[];
  readonly timezone: string;
  readonly interval: IntervalName;
  readonly breakdown: boolean;
  readonly filters: Filters;
  readonly bots: (typeof BOT_CHOICES)[number];
  readonly limit: number;
}

export interface ParseContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** The time zones ClickHouse knows, spelt as it does. */
  readonly timeZones: ReadonlySet<string>;
}

export const MAX_BUCKETS = 10_000;
const OLDEST = Date.UTC(2000, 0, 1);
const WEEK_MS = 7 * 86_400_000;

const choices = z.object({
  breakdown: z.enum(['true', 'false'], 'breakdown must be true or false.').optional(),
  bots: z.enum(BOT_CHOICES, `bots must be one of: ${BOT_CHOICES.join(', ')}.`).default('include'),
  interval: z.enum(INTERVAL_NAMES, `interval must be one of: ${INTERVAL_NAMES.join(', ')}.`).optional(),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'limit must be a whole number from 1 to 10000.')
    .transform(Number)
    .pipe(z.number().min(1, 'limit must be at least 1.').max(10_000, 'limit must be at most 10000.'))
    .default(1_000),
});

/**
 * Reads a question from a query string. Unknown parameters are ignored.
 * @throws AppError `validation_error`, with the parameter as its field: 422 where a closed set was missed, else 400
 */
export function parseStatsQuery(raw: RawParameters, { now, timeZones }: ParseContext): StatsQuery {
  const subject = parseSubject(raw);
  const groupBy = parseNames(raw, 'group_by', DIMENSION_NAMES, ['time']);
  if (subject.scope === 'anon' && groupBy.includes('short_code')) {
    throw invalid('group_by', 'group_by cannot be short_code with scope=anon, which is about one URL.');
  }
  const chosen = METRIC_NAMES.filter((name) =>
    parseNames(raw, 'metrics', METRIC_NAMES, METRIC_NAMES).includes(name),
  );
  const timezone = parseTimeZone(raw, timeZones);
  const range = parseRange(raw, timezone, now);
  const parsed = choices.safeParse(
    Object.fromEntries(Object.keys(choices.shape).map((name) => [name, valueOf(raw, name)])),
  );
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(String(issue?.path[0]), issue?.message ?? 'The parameters are wrong.');
  }
  const { breakdown, bots, limit } = parsed.data;
  const interval = parsed.data.interval ?? defaultInterval(range.start, range.end);
  if (groupBy.includes('time') && countBuckets(interval, range, timezone, MAX_BUCKETS) > MAX_BUCKETS) {
    throw invalid(
      'interval',
      `The range has more than ${MAX_BUCKETS} buckets of that interval: take a longer one.`,
    );
  }
  return {
    subject,
    range,
    groupBy,
    metrics: chosen,
    timezone,
    interval,
    breakdown: breakdown === undefined ? groupBy.length === 2 : breakdown === 'true',
    filters: parseFilters(raw, subject.scope),
    bots,
    limit,
  };
}

function parseSubject(raw: RawParameters): Subject {
  const scope = valueOf(raw, 'scope')?.toLowerCase() ?? 'all';
  const ownerId = valueOf(raw, 'owner_id');
  if (scope === 'all') return { scope, ownerId };
  if (scope !== 'anon') throw notOneOf('scope', SCOPES_OF_STATS);
  const shortCode = valueOf(raw, 'short_code');
  if (shortCode === undefined) throw invalid('short_code', 'short_code is required with scope=anon.');
  if (ownerId !== undefined) throw invalid('owner_id', 'owner_id goes with scope=all only.');
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

function parseTimeZone(raw: RawParameters, timeZones: ReadonlySet<string>): string {
  const zone = valueOf(raw, 'timezone') ?? 'UTC';
  if (timeZones.has(zone) && knownToNode(zone)) return zone;
  throw invalid('timezone', 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.');
}

function parseRange(raw: RawParameters, timezone: string, now: number): TimeRange {
  const clamp = (instant: number): number => Math.min(Math.max(instant, OLDEST), now);
  const end = clamp(parseDate(raw, 'end_date', timezone, 'end') ?? now);
  const start = clamp(parseDate(raw, 'start_date', timezone, 'start') ?? end - WEEK_MS);
  if (start > end) throw invalid('start_date', 'start_date lies after end_date.');
  return { start, end };
}

function parseDate(
  raw: RawParameters,
  field: string,
  timezone: string,
  edge: 'start' | 'end',
): number | undefined {
  const text = valueOf(raw, field);
  if (text === undefined) return undefined;
  const instant = parseDateParameter(text, timezone, edge);
  if (instant !== undefined) return instant;
  throw invalid(field, `${field} must be an ISO 8601 date or time, such as 2026-01-31, or a Unix time.`);
}
