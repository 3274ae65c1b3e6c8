import { invalid } from '../../errors.ts';
import { YEAR_2000, formatDay } from '../../lib/calendar.ts';
import { faultOfDigits, parseDateParameter } from '../../lib/date-time.ts';
import { nearestName } from '../../lib/names.ts';
import { isListedByNode, knownToNode } from '../../lib/time-zone.ts';
import { type NamedRange, RANGES, RANGE_NAMES, type RangeName } from '../registry/ranges.ts';
import { localDate } from '../time/local-dates.ts';
import { type RawParameters, valueOf } from './raw-parameters.ts';

/**
 * The instant (Unix ms) that a date in a field means.
 * @param edge a date alone is its first millisecond for `start`, its last one for `end`
 * @throws AppError 400 where it is none
 */
export function parseInstant(field: string, text: string, zone: string, edge: 'start' | 'end'): number {
  const instant = parseDateParameter(text, zone, edge);
  if (instant === undefined) {
    throw invalid(
      field,
      `${field} must be an ISO 8601 date or time, such as 2026-01-31, 2026-W05 or 2026-01-31T10:00Z, or a Unix time.`,
    );
  }
  const fault = faultOfDigits(text);
  if (fault !== undefined) throw invalid(field, `${field} ${fault}.`);
  return instant;
}

/**
 * A time zone by its name, which Node must know and one of both lists must spell so.
 * @param ofClickHouse the names that ClickHouse lists: older ones too, while the newest may be missing
 * @throws AppError 400 for any other
 */
export function parseTimeZone(zone: string, ofClickHouse: ReadonlySet<string>): string {
  const isListed = ofClickHouse.has(zone) || isListedByNode(zone);
  if (isListed && knownToNode(zone)) return zone;
  throw invalid('timezone', 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.');
}

/** The range that a request asks for. */
export interface RequestedRange {
  /** The name by which it was asked for: what it means changes with time. */
  readonly rangeName?: RangeName;
  /** Unix milliseconds; undefined: the default. */
  readonly start: number | undefined;
  readonly end: number;
  readonly endsNow: boolean;
  /** Whether a date lies beyond the times that clicks can be of, and the range begins or ends at their bound instead. */
  readonly isClamped: boolean;
}

/**
 * The range of a request, by its name or its dates. Later than now is taken as now, before 2000 as its first moment.
 * @throws AppError 400 where one is no date, the first lies after the second, or `range` is no name or stands beside dates
 */
export function parseRange(raw: RawParameters, timezone: string, now: number): RequestedRange {
  const name = valueOf(raw, 'range');
  return name === undefined ? parseDates(raw, timezone, now) : parseNamedRange(name, raw, timezone, now);
}

function parseNamedRange(text: string, raw: RawParameters, timezone: string, now: number): RequestedRange {
  const rangeName = RANGE_NAMES.find((known) => known === text);
  if (rangeName === undefined) {
    const nearest = nearestName(text, RANGE_NAMES);
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    throw invalid('range', `range must be one of: ${RANGE_NAMES.join(', ')}.${hint}`);
  }
  const date = ['start_date', 'end_date'].find((name) => valueOf(raw, name) !== undefined);
  if (date !== undefined) throw invalid('range', `range cannot be given beside ${date}: leave one out.`);
  const { first, last }: NamedRange = RANGES[rangeName];
  const today = localDate(timezone, now);
  const edge = (day: NamedRange['first'], which: 'start' | 'end'): number | undefined =>
    day && parseDateParameter(formatDay(day(today, timezone)), timezone, which);
  const [start, end = now] = [edge(first, 'start'), edge(last, 'end')];
  return { rangeName, start, end, endsNow: last === undefined, isClamped: false };
}

function parseDates(raw: RawParameters, timezone: string, now: number): RequestedRange {
  const clamp = (instant: number): number => Math.min(Math.max(instant, YEAR_2000), now);
  const askedEnd = parseDate(raw, 'end_date', timezone, 'end');
  const givenEnd = askedEnd ?? now;
  const givenStart = parseDate(raw, 'start_date', timezone, 'start');
  checkOrder(givenStart, askedEnd);
  const end = clamp(givenEnd);
  const start = givenStart === undefined ? undefined : clamp(givenStart);
  return { start, end, endsNow: end === now, isClamped: start !== givenStart || end !== givenEnd };
}

/**
 * Checks dates as they were given: clamped, two that lie beyond now are the same moment.
 * @throws AppError 400 where the first lies after the second
 */
export function checkOrder(start: number | undefined, end: number | undefined): void {
  if (start === undefined || end === undefined || start <= end) return;
  throw invalid('start_date', 'start_date lies after end_date.');
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
