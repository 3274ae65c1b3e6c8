import { DAY } from '../../lib/calendar.ts';
import { firstInstantOfDay, offsetAt, wallOf } from '../../lib/time-zone.ts';

// Dates are days since 1970-01-01.

/** The date that a zone's clock shows at an instant (Unix ms). */
export function localDate(zone: string, instant: number): number {
  return Math.floor(wallOf(instant, offsetAt(zone, instant)) / DAY);
}

/** The date that lies so many days of the zone, which may have skipped one, before another. */
export function dateBefore(zone: string, date: number, days: number): number {
  const start = firstInstantOfDay(zone, date);
  for (let back = days; ; back++) {
    if (daysBetween(firstInstantOfDay(zone, date - back), start) >= days) return date - back;
  }
}

/** Days that a zone has had between two instants of the same time of day: offsets differ by some hours, not by half a day. */
export function daysBetween(from: number, to: number): number {
  return Math.round((to - from) / DAY);
}
