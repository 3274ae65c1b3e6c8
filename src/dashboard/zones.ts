import { DAY, MINUTE } from '../lib/calendar.ts';

let listed: readonly string[] | undefined;

/** The time zones to choose from, including the chosen one. */
export function knownZones(chosen: string): readonly string[] {
  listed ??= [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
  return listed.includes(chosen) ? listed : [chosen, ...listed];
}

/**
 * Minutes east of UTC in a zone at an instant (Unix ms); undefined for a zone that the browser does not know. The service's own
 * module for zones would add a third to the page.
 */
export function offsetIn(zone: string, instant: number): number | undefined {
  let text: string;
  try {
    text = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).format(instant);
  } catch {
    return undefined;
  }
  const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

/** A date that a clock set back shows twice begins again this long after it did first. */
const SET_BACK_MINUTES = [30, 60, 120, 180];

/** Whether the clock of a zone first shows a date at an instant (Unix ms): the API reads a date alone as that. */
export function isFirstOfDay(zone: string, instant: number): boolean {
  const before = [1, ...SET_BACK_MINUTES.map((minutes) => minutes * MINUTE)];
  return before.every((earlier) => dateIn(zone, instant - earlier) < dateIn(zone, instant));
}

/** Days since 1970-01-01 on the clock of a zone. */
function dateIn(zone: string, instant: number): number {
  return Math.floor((instant + (offsetIn(zone, instant) ?? 0) * MINUTE) / DAY);
}
