import { type Question, endOfDay, instantOfWall, offsetOf, periodBefore, startOfDay } from './reference.ts';

/** What a question is compared with: `compare` and `match` of the API. */
export interface KnownCompare {
  readonly to: 'previous' | 'year' | Pick<Question, 'start' | 'end'>;
  readonly byWeekday: boolean;
}

const DAY = 86_400_000;
const OLDEST = Date.UTC(2000, 0, 1);

/** The period that a question's range is compared with; null where all of it lies before 2000. */
export function periodToCompare(
  question: Pick<Question, 'start' | 'end' | 'endsNow' | 'timezone'>,
  { to, byWeekday }: KnownCompare,
): Pick<Question, 'start' | 'end'> | null {
  const { start, end, timezone: zone } = question;
  if (to === 'previous' && !byWeekday) return periodBefore(question);
  if (typeof to === 'object') return unlessTooOld({ ...to, start: Math.max(to.start, OLDEST) });
  const weeks = to === 'year' ? 52 : weeksOf(question);
  const dateOf = byWeekday ? (midnight: number) => midnight - weeks * 7 * DAY : yearBefore;
  const from = moved(zone, start, 'start', dateOf);
  const until = moved(zone, end, 'end', dateOf);
  return unlessTooOld({
    start: from,
    end: Math.max(from, to === 'previous' ? Math.min(until, start - 1) : until),
  });
}

/** Weeks that have begun between two times of the local clock. */
function weeksOf({ start, end, timezone }: Pick<Question, 'start' | 'end' | 'timezone'>): number {
  let [weeks, next] = [1, start + offsetOf(timezone, start) + 7 * DAY];
  for (const last = end + offsetOf(timezone, end); next < last; next += 7 * DAY) weeks++;
  return weeks;
}

function yearBefore(midnight: number): number {
  const date = new Date(midnight);
  const isLeapDay = date.getUTCMonth() === 1 && date.getUTCDate() === 29;
  return Date.UTC(date.getUTCFullYear() - 1, date.getUTCMonth(), isLeapDay ? 28 : date.getUTCDate());
}

/** The same time of another date, or its first or last moment. @param dateOf from one midnight to another, read as UTC */
function moved(
  zone: string,
  instant: number,
  edge: 'start' | 'end',
  dateOf: (midnight: number) => number,
): number {
  const wall = instant + offsetOf(zone, instant);
  const midnight = Math.floor(wall / DAY) * DAY;
  const edgeOf = (day: number): number => (edge === 'start' ? startOfDay(zone, day) : endOfDay(zone, day));
  if (instant === edgeOf(midnight)) return edgeOf(dateOf(midnight));
  return instantOfWall(zone, dateOf(midnight) + wall - midnight, edge);
}

function unlessTooOld(period: Pick<Question, 'start' | 'end'>): Pick<Question, 'start' | 'end'> | null {
  return period.end < OLDEST ? null : period;
}
