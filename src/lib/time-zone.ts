import QuickLRU from 'quick-lru';
import { DAY, MINUTE, formatDay, twoDigits } from './calendar.ts';

/** A period in which a zone's offset does not change. */
export type Segment = {
  /** Its first instant (Unix ms). */
  readonly start: number;
  /** Minutes east of UTC. */
  readonly offset: number;
};

const EARLIEST_YEAR = 1900;
const EARLIEST_INSTANT = -8_640_000_000_000_000;

/** Shorter than any period of one offset on record since 2000: the shortest took seven days (Brazil, 2000). */
const PROBE_STEP = 3 * DAY;

// Both caches are bounded because strangers choose the zones. A formatter takes some 50 KB outside of the heap.
const formatters = new QuickLRU<string, Intl.DateTimeFormat>({ maxSize: 50 });
const yearTables = new QuickLRU<string, readonly Segment[]>({ maxSize: 4000 });

/**
 * Minutes east of UTC in a zone at an instant (Unix ms). Before 1900 it is the offset of 1900.
 * Throws a RangeError for a zone that `knownToNode` refuses.
 */
export function offsetAt(zone: string, instant: number): number {
  const table = yearTable(zone, yearOf(instant));
  let offset = 0;
  for (const segment of table) {
    if (segment.start > instant) break;
    offset = segment.offset;
  }
  return offset;
}

/**
 * The periods of constant offset that overlap `from` to `to` (Unix ms, both included), in order. Every start but the
 * first is the exact instant of a change. The first one's is too when it lies within two days before `from`;
 * otherwise it is some instant at least two days before `from` since when the offset has been the same.
 * The work grows with the number of years.
 */
export function segments(zone: string, from: number, to: number): readonly Segment[] {
  const found: Segment[] = [];
  const lastYear = yearOf(to);
  for (let year = yearOf(from - 2 * DAY); year <= lastYear; year++) {
    for (const segment of yearTable(zone, year)) {
      if (found.at(-1)?.offset !== segment.offset) found.push(segment);
    }
  }
  return found.filter(({ start }, index) => start <= to && endOf(found, index) > from);
}

/**
 * The instant (Unix ms) at which the zone's clock shows `wall` (its fields read as if they were UTC, ms). A time that
 * a clock change skips is read with the offset before the change; of a time that happens twice, `which` chooses.
 */
export function wallToInstant(zone: string, wall: number, which: 'first' | 'second'): number {
  const around = segments(zone, wall - DAY, wall + DAY);
  let latest = wall;
  for (const [index, segment] of around.entries()) {
    const instant = wall - offsetMs(segment.offset);
    if (instant < segment.start) continue;
    if (which === 'first' && instant < endOf(around, index)) return instant;
    // Past the segment's end when a change skips `wall`: then this is the offset before the change.
    latest = instant;
  }
  return latest;
}

/**
 * The first instant (Unix ms) at which the zone's clock has reached the local day `day` (days since 1970-01-01). Later
 * than midnight where a clock change skips midnight; for a day that is skipped altogether, that of the day after.
 */
export function firstInstantOfDay(zone: string, day: number): number {
  const midnight = day * DAY;
  const around = segments(zone, midnight - DAY, midnight + DAY);
  let reached = midnight;
  for (const [index, segment] of around.entries()) {
    reached = Math.max(segment.start, midnight - offsetMs(segment.offset));
    if (reached < endOf(around, index)) break;
  }
  return reached;
}

/** What a clock `offset` minutes east of UTC shows at an instant (Unix ms), its fields read as if they were UTC. */
export function wallOf(instant: number, offset: number): number {
  return instant + offsetMs(offset);
}

/** An instant (Unix ms) in the zone's time, as `2026-01-24T00:00:00.000-05:00`. */
export function formatInstant(instant: number, zone: string): string {
  return formatWithOffset(instant, offsetAt(zone, instant));
}

/**
 * An instant (Unix ms) as a clock `offset` minutes east of UTC shows it, as `2026-01-24T00:00:00.000-05:00`.
 * ISO 8601 has no seconds in an offset (zones had them until 1972): it is rounded, and the time with it.
 */
export function formatWithOffset(instant: number, offset: number): string {
  const minutes = Math.round(offset);
  const wall = instant + minutes * MINUTE;
  const day = Math.floor(wall / DAY);
  const time = wall - day * DAY;
  const minute = Math.floor(time / MINUTE);
  const east = Math.abs(minutes);
  return (
    `${formatDay(day)}T${hoursAndMinutes(minute)}:${twoDigits(Math.floor(time / 1000) % 60)}.` +
    `${String(time % 1000).padStart(3, '0')}${minutes < 0 ? '-' : '+'}${hoursAndMinutes(east)}`
  );
}

/** Whether Node knows a zone of this name, whatever its case. Bare offsets (`+01:00`) are no names. */
export function knownToNode(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

function hoursAndMinutes(minutes: number): string {
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function offsetMs(offset: number): number {
  return Math.round(offset * MINUTE);
}

function endOf(periods: readonly Segment[], index: number): number {
  return periods[index + 1]?.start ?? Infinity;
}

function yearOf(instant: number): number {
  return Math.max(EARLIEST_YEAR, new Date(instant).getUTCFullYear());
}

/** The segments of one UTC year: the offset at its first instant, then every change. */
function yearTable(zone: string, year: number): readonly Segment[] {
  const key = `${year} ${zone}`;
  let table = yearTables.get(key);
  if (table === undefined) {
    table = findChanges(zone, year);
    yearTables.set(key, table);
  }
  return table;
}

function findChanges(zone: string, year: number): readonly Segment[] {
  const start = Date.UTC(year, 0, 1);
  const end = Date.UTC(year + 1, 0, 1);
  let offset = measureOffset(zone, start);
  const found: Segment[] = [{ start: year === EARLIEST_YEAR ? EARLIEST_INSTANT : start, offset }];
  let from = start;
  while (from < end) {
    const to = Math.min(from + PROBE_STEP, end - 1);
    if (measureOffset(zone, to) !== offset) {
      from = findChange(zone, from, to, offset);
      offset = measureOffset(zone, from);
      found.push({ start: from, offset });
    } else {
      from = to === end - 1 ? end : to;
    }
  }
  return found;
}

/** The first instant after `same` whose offset is not `offset`; at `different` it is not. */
function findChange(zone: string, same: number, different: number, offset: number): number {
  while (different - same > 1) {
    const middle = Math.floor((same + different) / 2);
    if (measureOffset(zone, middle) === offset) same = middle;
    else different = middle;
  }
  return different;
}

function measureOffset(zone: string, instant: number): number {
  const second = Math.floor(instant / 1000) * 1000;
  const fields = formatterOf(zone).format(second).match(/\d+/g) ?? [];
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, seconds = 0] = fields.map(Number);
  return (Date.UTC(year, month - 1, day, hour, minute, seconds) - second) / MINUTE;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}
