import { type Sql, param, sql } from '../../sql/sql.ts';
import { formatWithOffset } from '../../lib/calendar.ts';
import { segments } from '../../lib/time-zone.ts';
import { buckets } from '../time/buckets.ts';
import { type Interval, INTERVALS } from '../registry/intervals.ts';
import type { StatsQuery } from '../parse/query.ts';
import { wallTime } from './local-time.ts';

/**
 * The fields of a bucket in SQL, from its start in Unix seconds: the same text as `buckets` gives. The zone's offsets
 * come from Node.
 */
export function timeTexts(query: StatsQuery): { readonly time: Sql; readonly bucket_start: Sql } {
  const { range, timezone, interval } = query;
  const [first] = buckets(interval, range, timezone);
  const periods = segments(timezone, first?.start ?? range.start, range.end);
  const starts = param(
    'Array(Int64)',
    periods.map(({ start }) => Math.floor(start / 1000)),
  );
  const segment = sql`roundDown(time, ${starts})`;
  const suffixes = param(
    'Array(String)',
    periods.map(({ start, offset }) => formatWithOffset(start, offset).slice(-6)),
  );
  const wall = wallTime(sql`time`, periods);
  const { unit, length, display_format: format }: Interval = INTERVALS[interval];
  // In ClickHouse %M is the month's name and %i the minute.
  const label = param('String', format.replaceAll('%M', '%i'));
  // Where the offset changed within a bucket, the one that begins there has the label of the whole.
  const floored =
    unit === 'minute' ? sql`toStartOfInterval(${wall}, toIntervalMinute(${param('UInt32', length)}))` : wall;
  return {
    time: sql`formatDateTime(${floored}, ${label})`,
    bucket_start: sql`concat(formatDateTime(${wall}, '%Y-%m-%dT%H:%i:%S'), '.000', transform(${segment}, ${starts}, ${suffixes}, ''))`,
  };
}
