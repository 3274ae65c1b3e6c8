import { type Sql, param, sql } from '../../sql/sql.ts';
import { MAX_CLOCK_AHEAD_MS } from '../../lib/clock-ahead.ts';
import { type Segment, segments } from '../../lib/time-zone.ts';
import type { LocalQuery } from '../registry/dimension.ts';

/** The hour that the clock shows at a click, `0` to `23`. */
export function hourOfDay(query: LocalQuery): Sql {
  return sql`toString(${unlikeTime(sql`toHour(${localTime(query)})`)})`;
}

/** The day of the week that it is at a click, `1` for Monday to `7` for Sunday. */
export function weekday(query: LocalQuery): Sql {
  return sql`toString(${unlikeTime(sql`toDayOfWeek(${localTime(query)})`)})`;
}

/**
 * Hides from ClickHouse that the number is monotonic in time. Otherwise a filter would skip granules that have clicks, since ClickHouse
 * takes the days of a week in UTC for those of any other zone.
 */
function unlikeTime(number: Sql): Sql {
  return sql`${number} % 24`;
}

/** A click's time, which ClickHouse's functions of dates take for the local one; by ClickHouse's data of the zone where that is Node's. */
export function localTime({ timezone, range, sameClock = false }: LocalQuery): Sql {
  if (sameClock) return sql`toTimeZone(clicked_at, ${param('String', timezone)})`;
  // A range that ends now has clicks from senders whose clock is ahead.
  const periods = segments(timezone, range.start, range.end + MAX_CLOCK_AHEAD_MS);
  return wallTime(sql`toInt64(toUnixTimestamp(clicked_at))`, periods);
}

/**
 * The local time at an instant (Unix seconds, Int64) of some periods, as a `DateTime` of UTC. The offsets come from Node;
 * ClickHouse only does arithmetic, since its own time-zone data may be of another version.
 */
export function wallTime(instant: Sql, periods: readonly Segment[]): Sql {
  const starts = param(
    'Array(Int64)',
    periods.map(({ start }) => Math.floor(start / 1000)),
  );
  const seconds = param(
    'Array(Int64)',
    periods.map(({ offset }) => Math.round(offset) * 60),
  );
  return sql`toDateTime(${instant} + transform(roundDown(${instant}, ${starts}), ${starts}, ${seconds}, toInt64(0)), 'UTC')`;
}
