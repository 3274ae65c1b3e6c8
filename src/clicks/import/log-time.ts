import { ownCopy } from '../../lib/own-copy.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `31/Jan/2026:23:59:59 -0530`, or as HAProxy has it with milliseconds and no offset. */
const TIME = /^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2}(?:\.\d{3}|( [+-]\d{4}))$/;

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
  const match = TIME.exec(time);
  if (match === null) return undefined;
  const offset = offsetMinutes(match[1] ?? ' +0000');
  const number = (start: number, end: number): number => Number(time.slice(start, end));
  const [day, month, year] = [number(0, 2), MONTHS.indexOf(time.slice(3, 6)), number(7, 11)];
  const [hour, minute, second] = [number(12, 14), number(15, 17), number(18, 20)];
  const milliseconds = time[20] === '.' ? number(21, 24) : 0;
  if (month === -1 || offset === undefined) return undefined;
  const wall = Date.UTC(year, month, day, hour, minute, second, milliseconds);
  const date = new Date(wall);
  const isReal =
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isReal ? new Date(wall - offset * 60_000).toISOString() : undefined;
}

/** @param text ` -0530` */
function offsetMinutes(text: string): number | undefined {
  const [hours, minutes] = [Number(text.slice(2, 4)), Number(text.slice(4, 6))];
  if (hours > 23 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * (text[1] === '-' ? -1 : 1);
}

const SLASH = 0x2f;

/**
 * A logged time as clicks may have it: web servers' own notation is converted, ISO 8601 and Unix time stay. Null where there
 * is no such time.
 */
export function timeOf(time: string | undefined): string | undefined | null {
  return time?.charCodeAt(2) === SLASH ? (parseLogTime(time) ?? null) : time;
}
