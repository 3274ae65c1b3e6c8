import { type Sql, param, sql } from '../../sql/sql.ts';
import { formatWithOffset } from '../../lib/calendar.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import { segments } from '../../lib/time-zone.ts';
import { buckets } from '../time/buckets.ts';
import { type Interval, INTERVALS, isOfClock, stepOf } from '../registry/intervals.ts';
import type { StatsQuery } from '../query.ts';
import { wallTime } from './local-time.ts';

/**
 * The fields of a bucket in SQL, from its start in Unix seconds: the same text as `buckets` gives. The zone's offsets
 * come from Node.
 */
export function timeTexts(query: StatsQuery): { readonly time: Sql; readonly bucket_start: Sql } {
  const { wall, suffix } = zonedTime(query, sql`time`);
  const interval: Interval = INTERVALS[query.interval];
  // In ClickHouse %M is the month's name and %i the minute.
  const label = param('String', interval.display_format.replaceAll('%M', '%i'));
  // Where the offset changed within a bucket, the one that begins there has the label of the whole.
  const floored = isOfClock(interval)
    ? sql`toStartOfInterval(${wall}, toIntervalSecond(${param('UInt32', stepOf(interval) / 1000)}))`
    : wall;
  return {
    time: sql`formatDateTime(${floored}, ${label})`,
    bucket_start: sql`concat(formatDateTime(${wall}, '%Y-%m-%dT%H:%i:%S'), '.000', ${suffix})`,
  };
}

/**
 * An instant of the range as text, from Unix milliseconds: the same as `formatInstant` gives.
 * @param instant NULL gives NULL
 */
export function instantText(query: StatsQuery, instant: Sql): Sql {
  const milliseconds = sql`assumeNotNull(${instant})`;
  const { wall, suffix } = zonedTime(query, sql`intDiv(${milliseconds}, 1000)`);
  const fraction = sql`leftPad(toString(${milliseconds} % 1000), 3, '0')`;
  const text = sql`concat(formatDateTime(${wall}, '%Y-%m-%dT%H:%i:%S'), '.', ${fraction}, ${suffix})`;
  return sql`if(isNull(${instant}), NULL, ${text})`;
}

/** The local time of an instant of the range (Unix seconds), as a `DateTime` read as UTC, and its offset as text. */
function zonedTime(
  { range, timezone, interval }: StatsQuery,
  seconds: Sql,
): { readonly wall: Sql; readonly suffix: Sql } {
  const [first] = buckets(interval, range, timezone);
  // A range that ends now has clicks from senders whose clock is ahead.
  const periods = segments(timezone, first?.start ?? range.start, range.end + MAX_CLOCK_AHEAD_MS);
  const starts = param(
    'Array(Int64)',
    periods.map(({ start }) => Math.floor(start / 1000)),
  );
  const segment = sql`roundDown(${seconds}, ${starts})`;
  const suffixes = param(
    'Array(String)',
    periods.map(({ start, offset }) => formatWithOffset(start, offset).slice(-6)),
  );
  return {
    wall: wallTime(seconds, periods),
    suffix: sql`transform(${segment}, ${starts}, ${suffixes}, '')`,
  };
}
