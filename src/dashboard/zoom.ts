import { DAY, formatDay } from '../values/calendar.ts';
import type { Period } from './address.ts';
import type { Answer, TimeSlot } from './answer.ts';

const MIDNIGHT = 'T00:00:00.000';

/**
 * The period of a stretch of slots, both ends included. Where it begins and ends with days it is written as days.
 * The first slot begins where the range does and the last one ends there, so that zooming never shows more.
 */
export function periodOfSlots(
  slots: readonly TimeSlot[],
  { time_range: range }: Pick<Answer, 'time_range'>,
  shown: Period,
  [from, to]: readonly [number, number],
): Period {
  const first = slots[from]?.start ?? range.start_date;
  const start = Date.parse(first) < Date.parse(range.start_date) ? range.start_date : first;
  const next = slots[to + 1]?.start;
  const isOpen = shown.kind === 'moving' || shown.end === undefined;
  const lastEnd = isOpen ? undefined : shown.end;
  return {
    kind: 'fixed',
    start: start.includes(MIDNIGHT) ? start.slice(0, 10) : start,
    end: next === undefined ? lastEnd : justBefore(next),
  };
}

function justBefore(instant: string): string {
  if (!instant.includes(MIDNIGHT)) return new Date(Date.parse(instant) - 1).toISOString();
  return formatDay(Date.parse(`${instant.slice(0, 10)}T00:00:00Z`) / DAY - 1);
}
