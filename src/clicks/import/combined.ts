import { ownCopy } from '../../lib/own-copy.ts';
import type { ImportFormat, ImportedRecord } from './import-format.ts';

export const COMBINED: ImportFormat = {
  description: "web servers' logs in the combined format; GET requests with a status below 400 are clicks",
  endings: ['.log'],
  parseHeader: undefined,
  isQuoted: false,
  parse: parseCombinedLine,
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `%h %l %u [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i"`; inside quotes a backslash escapes. */
const LINE =
  /^(\S+) \S+ (?:\S+|.*?) \[(\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\] "([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (?:\d+|-) "([^"\\]*(?:\\.[^"\\]*)*)" "([^"\\]*(?:\\.[^"\\]*)*)"$/;

const REQUEST = /^(\S+) (.*?)(?: HTTP\/\d+(?:\.\d+)?)?$/;
/** Nearly every request, in a form that is found at once: the other tries each of its characters for the end. */
const PLAIN_REQUEST = /^(GET) (\S*) HTTP\/\d\.\d$/;

/** One line of a web server's log in the combined format. Values are taken as logged, escapes and all. */
export function parseCombinedLine(line: string): ImportedRecord {
  const match = LINE.exec(line);
  if (match === null) return { kind: 'rejected', reason: 'not in the combined format' };
  const [, ip, time = '', request = '', status, referrer, userAgent] = match;
  const clickedAt = instantOf(time);
  if (clickedAt === undefined) return { kind: 'rejected', reason: 'impossible date or time' };
  const [, method, target = ''] = PLAIN_REQUEST.exec(request) ?? REQUEST.exec(request) ?? [];
  if (method !== 'GET') return { kind: 'skipped', reason: 'method is not GET' };
  if (Number(status) >= 400) return { kind: 'skipped', reason: 'status is 400 or above' };
  return {
    kind: 'click',
    value: {
      short_code: shortCodeOf(target),
      clicked_at: clickedAt,
      ip,
      referrer,
      user_agent: userAgent,
    },
  };
}

function shortCodeOf(target: string): string {
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path === '/' ? 'index' : path.startsWith('/') ? path.slice(1) : path;
}

/** The time of the line before, which a busy server's next line has too. */
let latest: { readonly time: string; readonly instant: string | undefined } = {
  time: '',
  instant: undefined,
};

/** ISO text of a log's local time and offset; undefined when there is no such day or time. */
function instantOf(time: string): string | undefined {
  if (time !== latest.time) latest = { time: ownCopy(time), instant: parseTime(time) };
  return latest.instant;
}

/** @param time `31/Jan/2026:23:59:59 -0530`, each part in its place */
function parseTime(time: string): string | undefined {
  const number = (start: number, end: number): number => Number(time.slice(start, end));
  const [day, month, year] = [number(0, 2), MONTHS.indexOf(time.slice(3, 6)), number(7, 11)];
  const [hour, minute, second] = [number(12, 14), number(15, 17), number(18, 20)];
  const [offsetHours, offsetMinutes] = [number(22, 24), number(24, 26)];
  if (month === -1 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const wall = Date.UTC(year, month, day, hour, minute, second);
  const date = new Date(wall);
  const isReal =
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!isReal) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (time[21] === '-' ? -1 : 1);
  return new Date(wall - offset * 60_000).toISOString();
}
