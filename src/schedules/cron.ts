import { Cron, CronPattern } from 'croner';
import { invalid, messageOf } from '../errors.ts';

/** When a schedule runs: a cron line, read on the clock of a time zone. */
export interface CronTimes {
  readonly cron: string;
  /** An IANA name. */
  readonly timezone: string;
}

/** Minute, hour, day of the month, month, day of the week; or a name for some of them, such as `@daily`. */
const SHAPE =
  /^[ \t]*(?:@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)|[\dA-Z*,/#-]+(?:[ \t]+[\dA-Z*,/#-]+){4})[ \t]*$/i;
export const MAX_CRON_LENGTH = 100;

/**
 * Checks a cron line.
 * @throws AppError 400 where it is none, or names a date that never comes, such as 30 February
 */
export function checkCron(times: CronTimes, now: number): void {
  const { cron } = times;
  if (cron.length > MAX_CRON_LENGTH || !SHAPE.test(cron)) {
    throw invalid(
      'cron',
      'cron must be five fields: minute, hour, day of the month, month and day of the week, such as "0 3 * * *".',
    );
  }
  let next: number | undefined;
  try {
    next = isEver(cron) ? nextTime(times, now) : undefined;
  } catch (error) {
    throw invalid('cron', `cron is wrong: ${faultOf(error)}.`);
  }
  if (next === undefined) throw invalid('cron', 'cron names a time that never comes.');
}

/** What croner says of a line; it counts months and their days from 0. */
function faultOf(error: unknown): string {
  return messageOf(error)
    .replaceAll(/^CronPattern: |\.$/g, '')
    .replace(/(?<= for (?:month|day): )-?\d+/, (place) => String(Number(place) + 1));
}

/** The most days that each month has. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether a line names a day of the month that one of its months has, or any day of the week. croner looks for a day that never
 * comes through a thousand years.
 * @throws Error where the line is none
 */
function isEver(cron: string): boolean {
  const { month, day, nearestWeekdays, lastDayOfMonth, lastWeekday, starDOM, starDOW } = new CronPattern(
    cron,
    undefined,
    PATTERN,
  );
  if (starDOM || !starDOW || lastDayOfMonth || lastWeekday) return true;
  const first = day.findIndex((isNamed, place) => isNamed === 1 || nearestWeekdays[place] === 1);
  return DAYS.some((days, place) => month[place] === 1 && first < days);
}

/** The first time after an instant; undefined: there is none. Unix milliseconds. */
export function nextTime(times: CronTimes, after: number): number | undefined {
  return parsed(times).nextRun(new Date(after))?.getTime();
}

/** The last time up to an instant, which may be it; undefined: there is none. Unix milliseconds. */
export function latestTime(times: CronTimes, until: number): number | undefined {
  // What is asked for lies before the reference, whose second counts as a whole.
  const reference = Math.floor(until / 1_000) * 1_000 + 1_000;
  return parsed(times).previousRuns(1, new Date(reference))[0]?.getTime();
}

const PATTERN = { mode: '5-part', fixedTimeRule: 'no-wildcard' } as const;

/**
 * A time of day without `*` or a step is not lost to a clock change: where the clock skips it, it is when the clock has
 * jumped, and where it happens twice, its first. Other lines follow the clock.
 */
function parsed({ cron, timezone }: CronTimes): Cron {
  return new Cron(cron, { timezone, ...PATTERN });
}
