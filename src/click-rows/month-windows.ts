import type { TimeRange } from '../stats/time/buckets.ts';

/**
 * Cuts a range into consecutive parts, from its end or from its start on: what is left of the month there, a whole month, then always
 * twice as many. Clicks are stored by months of UTC, so a shorter part would take as long to look through.
 */
export function* monthWindows(range: TimeRange, from: 'start' | 'end'): Generator<TimeRange> {
  let left = range;
  for (let part = 0; left.start <= left.end; part++) {
    const months = 2 ** Math.max(0, part - 1);
    if (from === 'end') {
      const start = Math.max(left.start, monthStart(left.end, 1 - months));
      yield { start, end: left.end };
      left = { ...left, end: start - 1 };
    } else {
      const end = Math.min(left.end, monthStart(left.start, months) - 1);
      yield { start: left.start, end };
      left = { ...left, start: end + 1 };
    }
  }
}

/** The first instant of the month that is so many after that of an instant. */
function monthStart(instant: number, months: number): number {
  const date = new Date(instant);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
}
