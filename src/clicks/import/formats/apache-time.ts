import { parseClickTime } from '../../../lib/date-time.ts';
import { timeOf } from './log-time.ts';
import { TIME, UNIX_TIME, UNREADABLE_TIME, type Variable } from './log-variables.ts';

/** What strftime writes of 24 January 2026, 10:05:03, an hour and a half before UTC. */
const WRITTEN: Readonly<Record<string, string>> = {
  Y: '2026',
  m: '01',
  d: '24',
  e: '24',
  b: 'Jan',
  h: 'Jan',
  H: '10',
  M: '05',
  S: '03',
  z: '-0130',
  F: '2026-01-24',
  T: '10:05:03',
  R: '10:05',
  s: '1769254503',
  '%': '%',
};
const WALL = Date.UTC(2026, 0, 24, 10, 5, 3);
const INSTANT = WALL + 90 * 60_000;

/** Unix times that are none of strftime's. */
const UNIX: ReadonlySet<string> = new Set(['sec', 'msec', 'usec']);

/** What `%{argument}t` writes: a time only where an import reads it right. One without an offset is taken as UTC, as everywhere. */
export function apacheTime(argument: string): Variable {
  const format = argument.replace(/^(?:begin|end):/, '');
  if (UNIX.has(format)) return UNIX_TIME;
  return isReadable(format) ? TIME : UNREADABLE_TIME;
}

function isReadable(format: string): boolean {
  let isKnown = true;
  const text = format.replaceAll(/%(.)/g, (_, letter: string) => {
    isKnown &&= letter in WRITTEN;
    return WRITTEN[letter] ?? '';
  });
  const time = timeOf(text);
  const read = typeof time === 'string' ? parseClickTime(time) : undefined;
  return isKnown && read === (/%[zs]/.test(format) ? INSTANT : WALL);
}
