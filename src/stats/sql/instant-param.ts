import { YEAR_2000 } from '../../lib/calendar.ts';
import { type Param, param } from '../../sql/sql.ts';

/**
 * An instant (Unix ms) as a parameter of the type of `clicked_at`. Nothing that is stored of clicks lies before 2000, and an earlier
 * instant counts as that: ClickHouse passes instants on to shards as seconds in a text, and reads those of few digits as a date.
 */
export function instantParam(instant: number): Param {
  const text = new Date(Math.max(instant, YEAR_2000)).toISOString();
  return param("DateTime64(3, 'UTC')", text.slice(0, -1).replace('T', ' '));
}
