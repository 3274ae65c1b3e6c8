import type { ImportedRecord } from './imported-record.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `%h %l %u [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i"`; inside quotes a backslash escapes. */
const LINE =
  /^(\S+) \S+ (?:\S+|.*?) \[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/;

const REQUEST = /^(\S+) (.*?)(?: HTTP\/\d+(?:\.\d+)?)?$/;

/** One line of a web server's log in the combined format. Values are taken as logged, escapes and all. */
export function parseCombinedLine(line: string): ImportedRecord {
  const match = LINE.exec(line);
  if (match === null) return { kind: 'rejected', reason: 'not in the combined format' };
  const [, ip, day, month, year, hour, minute, second, sign, offsetHours, offsetMinutes, request, status] =
    match;
  const clickedAt = instantOf([year, month, day, hour, minute, second], [sign, offsetHours, offsetMinutes]);
  if (clickedAt === undefined) return { kind: 'rejected', reason: 'impossible date or time' };
  const [, method, target = ''] = REQUEST.exec(request ?? '') ?? [];
  if (method !== 'GET') return { kind: 'skipped', reason: 'method is not GET' };
  if (Number(status) >= 400) return { kind: 'skipped', reason: 'status is 400 or above' };
  return {
    kind: 'click',
    value: {
      short_code: shortCodeOf(target),
      clicked_at: clickedAt,
      ip,
      referrer: match[13],
      user_agent: match[14],
    },
  };
}

function shortCodeOf(target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  return path === '/' ? 'index' : path.replace(/^\//, '');
}

/** ISO text of a log's local time and offset; undefined when there is no such day or time. */
function instantOf(
  [year, monthName, day, hour, minute, second]: readonly (string | undefined)[],
  [sign, offsetHours, offsetMinutes]: readonly (string | undefined)[],
): string | undefined {
  const month = MONTHS.indexOf(monthName ?? '');
  if (month === -1 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
  const wall = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(wall);
  const isReal =
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute) &&
    date.getUTCSeconds() === Number(second);
  if (!isReal) return undefined;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1);
  return new Date(wall - offset * 60_000).toISOString();
}
