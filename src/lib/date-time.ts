import { DateTime } from 'luxon';
import { DAY, MINUTE, YEAR_2000, formatDay } from './calendar.ts';
import { ownCopy } from './own-copy.ts';
import { offsetAt, wallOf, wallToInstant } from './time-zone.ts';

// What most clicks send, read by Date.parse in a quarter of the time. Of impossible days it lets through
// only the 29th to the 31st of a month.
const PLAIN_UTC = /^\d{4}-\d\d-(?:[01]\d|2[0-8])T\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;
const UNIX_TIME = /^(\d{1,14})(?:\.(\d+))?$/;
const WEEK_OR_MONTH = /^\d{4}-(?:W\d\d|\d\d)$/;
const DATE_AND_TIME = /^(\d{4}-(?:\d\d-\d\d|W\d\d-[1-7]|\d{3}))(?:[Tt ](.+))?$/;
// The second separator repeats the first: all colons or none.
const TIME_AND_OFFSET =
  /^(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(?:[.,](\d+))?)?)?(?:([Zz]| UTC)| ?([+\- ])(\d\d)(?::?(\d\d))?)?$/;

type TimeOfDay = {
  /** Milliseconds since midnight. */
  readonly wall: number;
  /** Minutes east of UTC, if it was given. */
  readonly offset: number | undefined;
};

/**
 * The instant (Unix ms) that a date parameter means, or undefined where it is none.
 *
 * Digits alone are Unix time: up to 11 digits seconds, 12 to 14 milliseconds, with an optional decimal fraction. Else
 * ISO 8601 with hyphens: `2026-01-31`, `2026-W05-6` or `2026-031`, then optionally `T`, a time and its offset; or as
 * databases write it: a space instead of `T`, and ` UTC` or ` +00` for the offset. A space instead of the offset's sign
 * is a `+` that a URL did not encode. Without an offset it is the time in `zone`; one that a clock change skips is read
 * with the offset before the change, and one that happens twice is its first, or its second for the edge `end`. A date
 * alone is its first millisecond, for `end` its last, and so is a week or month (`2026-W05`, `2026-01`). Second 60 is the
 * next minute's first. What is finer than a millisecond is cut off.
 */
export function parseDateParameter(text: string, zone: string, edge: 'start' | 'end'): number | undefined {
  return parseUnixTime(text) ?? parseIso(text, zone, edge) ?? parseWeekOrMonth(text, zone, edge);
}

/**
 * The instant (Unix ms) at which a click says it happened, or undefined where that is none: Unix time as a number, or
 * what a date parameter may be, except for a week or month. A date without an offset is in UTC, a date alone its first
 * millisecond.
 */
export function parseClickTime(value: string | number): number | undefined {
  if (typeof value === 'number') return parseUnixTime(String(value));
  if (value !== latest.text) latest = { text: ownCopy(value), instant: parseClickTimeText(value) };
  return latest.instant;
}

/** The time of the click before, which a log's next line has too. */
let latest: { readonly text: string; readonly instant: number | undefined } = {
  text: '',
  instant: undefined,
};

function parseClickTimeText(value: string): number | undefined {
  const instant = PLAIN_UTC.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) ? (parseUnixTime(value) ?? parseIso(value, 'UTC', 'start')) : instant;
}

/**
 * Why digits alone are hardly a Unix time: they lie before 2000, and were mostly meant as a date. A clause that goes
 * behind the field's name, with the ISO form where that can be guessed; undefined for any other text.
 */
export function faultOfDigits(text: string): string | undefined {
  if ((parseUnixTime(text) ?? Infinity) >= YEAR_2000) return undefined;
  const meant = dateOfDigits(text);
  return `is a Unix time before 2000. Write ${meant ?? 'a date with hyphens, such as 2026-01-31'}`;
}

const YEAR = '((?:19|20)\\d\\d)';

/** Dates that people and programs write in digits alone, and the ISO form. */
const DATES_IN_DIGITS: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^${YEAR}$`), '$1-01-01'],
  [new RegExp(`^${YEAR}(\\d\\d)$`), '$1-$2-01'],
  [new RegExp(`^${YEAR}(\\d\\d)(\\d\\d)$`), '$1-$2-$3'],
  [new RegExp(`^${YEAR}(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)$`), '$1-$2-$3T$4:$5'],
];

/** Days from spreadsheets' 1899-12-30 to 1970-01-01. */
const SPREADSHEET_EPOCH_DAYS = 25_569;

function dateOfDigits(text: string): string | undefined {
  if (/^[3-7]\d{4}$/.test(text)) return formatDay(Number(text) - SPREADSHEET_EPOCH_DAYS);
  const isos = DATES_IN_DIGITS.filter(([digits]) => digits.test(text)).map(([digits, iso]) =>
    text.replace(digits, iso),
  );
  return isos.find((iso) => parseIso(iso, 'UTC', 'start') !== undefined);
}

function parseUnixTime(text: string): number | undefined {
  const match = UNIX_TIME.exec(text);
  if (match === null) return undefined;
  const [, digits = '', fraction] = match;
  return digits.length <= 11 ? Number(digits) * 1000 + milliseconds(fraction) : Number(digits);
}

function parseIso(text: string, zone: string, edge: 'start' | 'end'): number | undefined {
  const match = DATE_AND_TIME.exec(text);
  if (match === null) return undefined;
  const [, date = '', timeText] = match;
  const day = parseDate(date);
  if (day === undefined) return undefined;
  if (timeText === undefined) return edgeOfDay(zone, day, edge);
  const time = parseTime(timeText);
  if (time === undefined) return undefined;
  const wall = day * DAY + time.wall;
  if (time.offset !== undefined) return wall - time.offset * MINUTE;
  return zone === 'UTC' ? wall : wallToInstant(zone, wall, edge === 'start' ? 'first' : 'second');
}

function parseWeekOrMonth(text: string, zone: string, edge: 'start' | 'end'): number | undefined {
  if (!WEEK_OR_MONTH.test(text)) return undefined;
  const first = DateTime.fromISO(text, { zone: 'utc' });
  if (!first.isValid) return undefined;
  const date = edge === 'start' ? first : first.endOf(text.includes('W') ? 'week' : 'month');
  return edgeOfDay(zone, Math.floor(date.toMillis() / DAY), edge);
}

function edgeOfDay(zone: string, day: number, edge: 'start' | 'end'): number {
  return edge === 'start' ? wallToInstant(zone, day * DAY, 'first') : lastInstantOfDay(zone, day);
}

/** The last millisecond of a day, also where a clock change skips its last hour; of a day that never was, the next's. */
function lastInstantOfDay(zone: string, day: number): number {
  const wall = day * DAY + DAY - 1;
  const last = wallToInstant(zone, wall, 'second');
  if (wallOf(last, offsetAt(zone, last)) === wall) return last;
  const next = wallToInstant(zone, wall + 1, 'first');
  return next > wallToInstant(zone, day * DAY, 'first') ? next - 1 : last;
}

/** The date of the text before, which that of the next click mostly is: luxon takes as long for it as all the rest does. */
let latestDate: { readonly text: string; readonly day: number | undefined } = { text: '', day: undefined };

/** A calendar date, week date or ordinal date in days since 1970-01-01; undefined where the calendar has none such. */
function parseDate(text: string): number | undefined {
  if (text !== latestDate.text) {
    const date = DateTime.fromISO(text, { zone: 'utc' });
    latestDate = { text: ownCopy(text), day: date.isValid ? date.toMillis() / DAY : undefined };
  }
  return latestDate.day;
}

function parseTime(text: string): TimeOfDay | undefined {
  const match = TIME_AND_OFFSET.exec(text);
  if (match === null) return undefined;
  const [
    ,
    hourText,
    ,
    minuteText = 0,
    secondText = 0,
    fraction = '',
    utc,
    sign,
    offsetHours,
    offsetMinutes = 0,
  ] = match;
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  if (hour === 24 && (minute > 0 || second > 0 || /[1-9]/.test(fraction))) return undefined;
  const wall = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds(fraction);
  if (utc !== undefined) return { wall, offset: 0 };
  if (sign === undefined) return { wall, offset: undefined };
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
  const east = Number(offsetHours) * 60 + Number(offsetMinutes);
  return { wall, offset: sign === '-' ? -east : east };
}

function milliseconds(fraction = ''): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0'));
}
