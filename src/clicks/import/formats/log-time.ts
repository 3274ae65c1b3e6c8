import { MINUTE } from '../../../lib/calendar.ts';
import { ownCopy } from '../../../lib/own-copy.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `31/Jan/2026:23:59:59 -0530`, or as HAProxy has it with milliseconds and no offset. */
const TIME = /^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2}(?:\.\d{3}| [+-]\d{4})$/;

/** The time of the line before, which a busy server's next line has too. */
let latest: { readonly time: string; readonly instant: string | undefined } = {
  time: '',
  instant: undefined,
};

/**
 * ISO text of a web server's local time, `31/Jan/2026:23:59:59 -0530`; HAProxy's has no offset and is taken as UTC. Undefined when there
 * is no such day or time.
 */
function parseLogTime(time: string): string | undefined {
  if (time !== latest.time) latest = { time: ownCopy(time), instant: instantOf(time) };
  return latest.instant;
}

function instantOf(time: string): string | undefined {
  if (!TIME.test(time)) return undefined;
  const day = startOfDay(time.slice(0, 'dd/mmm/yyyy'.length));
  const [hour, minute, second] = [twoDigits(time, 12), twoDigits(time, 15), twoDigits(time, 18)];
  const hasMilliseconds = time.charCodeAt(20) === POINT;
  const offset = hasMilliseconds ? 0 : offsetMinutes(time);
  if (day === undefined || hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const wall = day + ((hour * 60 + minute) * 60 + second) * 1_000;
  return new Date(wall + (hasMilliseconds ? Number(time.slice(21)) : -offset * MINUTE)).toISOString();
}

/** The day of the line before, which nearly always is the next line's too. */
let latestDay: { readonly text: string; readonly start: number | undefined } = { text: '', start: undefined };

/** Unix milliseconds of midnight in UTC. @param text `31/Jan/2026`; undefined when there is no such day */
function startOfDay(text: string): number | undefined {
  if (text !== latestDay.text) latestDay = { text: ownCopy(text), start: dayOf(text) };
  return latestDay.start;
}

function dayOf(text: string): number | undefined {
  const [day, month, year] = [twoDigits(text, 0), MONTHS.indexOf(text.slice(3, 6)), Number(text.slice(7))];
  if (month === -1) return undefined;
  const start = Date.UTC(year, month, day);
  return new Date(start).getUTCDate() === day ? start : undefined;
}

/** @param time ends with ` -0530` */
function offsetMinutes(time: string): number | undefined {
  const [hours, minutes] = [twoDigits(time, 22), twoDigits(time, 24)];
  if (hours > 23 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * (time.charCodeAt(21) === MINUS ? -1 : 1);
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
}

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const SLASH = 0x2f;

/**
 * A logged time as clicks may have it: web servers' own notation and Unix microseconds are converted, ISO 8601 and other Unix time
 * stay. Null where there is no such time.
 */
export function timeOf(time: string | undefined): string | undefined | null {
  if (time?.charCodeAt(2) === SLASH) return parseLogTime(time) ?? null;
  return time?.length === 16 && MICROSECONDS.test(time) ? time.slice(0, -3) : time;
}

const MICROSECONDS = /^\d{16}$/;
