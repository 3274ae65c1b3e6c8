import { LRUCache } from 'lru-cache';
import { IANAZone } from 'luxon';
import { DAY, MINUTE, formatWithOffset } from './calendar.ts';

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
const PROBE_STEP = 6 * DAY;

// Bounded because clients choose the zones.
const yearTables = new LRUCache<string, readonly Segment[]>({ max: 4000 });

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

/** Where a local day begins. */
export type DayStart = {
  /** Its first instant (Unix ms). */
  readonly start: number;
  /** Minutes east of UTC at `start`. */
  readonly offset: number;
};

/**
 * The first instant (Unix ms) at which the zone's clock has reached the local day `day` (days since 1970-01-01). Later
 * than midnight where a clock change skips midnight; for a day that is skipped altogether, that of the day after.
 */
export function firstInstantOfDay(zone: string, day: number): number {
  return dayStarts(zone, day, day)(day).start;
}

/**
 * What `firstInstantOfDay` says, for many days from `first` to `last`. The function that is returned must be asked for
 * days in ascending order.
 */
export function dayStarts(zone: string, first: number, last: number): (day: number) => DayStart {
  const periods = segments(zone, first * DAY - DAY, last * DAY + DAY);
  let index = 0;
  return (day) => {
    for (;;) {
      const { start, offset } = periods[index] ?? UTC_FOREVER;
      const reached = Math.max(start, day * DAY - offsetMs(offset));
      if (reached < endOf(periods, index)) return { start: reached, offset };
      index++;
    }
  };
}

/** What a clock `offset` minutes east of UTC shows at an instant (Unix ms), its fields read as if they were UTC. */
export function wallOf(instant: number, offset: number): number {
  return instant + offsetMs(offset);
}

/** An instant (Unix ms) in the zone's time, as `2026-01-24T00:00:00.000-05:00`. */
export function formatInstant(instant: number, zone: string): string {
  return formatWithOffset(instant, offsetAt(zone, instant));
}

// luxon makes a formatter for each look, half a millisecond of a request.
const known = new LRUCache<string, boolean>({ max: 1000 });

/** Whether Node knows a zone of this name, whatever its case. Bare offsets (`+01:00`), which newer Nodes accept, are no names. */
export function knownToNode(zone: string): boolean {
  let isKnown = known.get(zone);
  if (isKnown === undefined) {
    isKnown = !/^[+-]/.test(zone) && IANAZone.isValidZone(zone);
    known.set(zone, isKnown);
  }
  return isKnown;
}

let listed: ReadonlySet<string> | undefined;

/** Whether Node lists a zone under exactly this name. Of a zone's names it lists one, of UTC's none. */
export function isListedByNode(zone: string): boolean {
  listed ??= new Set(Intl.supportedValuesOf('timeZone'));
  return listed.has(zone);
}

function offsetMs(offset: number): number {
  return Math.round(offset * MINUTE);
}

const UTC_FOREVER: Segment = { start: EARLIEST_INSTANT, offset: 0 };

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

/** The first instant after `same` whose offset is not `offset`; at `different` it is not. Offsets change at whole seconds. */
function findChange(zone: string, same: number, different: number, offset: number): number {
  let [before, after] = [Math.floor(same / 1000), Math.ceil(different / 1000)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (measureOffset(zone, middle * 1000) === offset) before = middle;
    else after = middle;
  }
  return after * 1000;
}

function measureOffset(zone: string, instant: number): number {
  const offset = zoneOf(zone).offset(instant);
  if (Number.isNaN(offset)) throw new RangeError(`Node knows no time zone of the name ${zone}.`);
  return offset;
}

/** Zones whose formatters luxon holds: some 50 KB each, outside of the heap. */
const MAX_FORMATTERS = 50;
const formatted = new Set<string>();

/** luxon keeps every zone it was asked for, and clients choose the zones. */
function zoneOf(name: string): IANAZone {
  if (formatted.size >= MAX_FORMATTERS && !formatted.has(name)) {
    IANAZone.resetCache();
    formatted.clear();
  }
  formatted.add(name);
  return IANAZone.create(name);
}
