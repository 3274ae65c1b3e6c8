import { parseDateParameter } from '../lib/date-time.ts';
import { formatInstant, knownToNode } from '../lib/time-zone.ts';
import type { Period } from './address.ts';
import type { Answer, TimeSlot } from './result-types.ts';

/**
 * The period of a stretch of slots, both ends included. Where it begins and ends with days it is written as days.
 * The first slot begins where the range does and the last one ends there, so that zooming never shows more.
 * @param zone in which the API will read it
 */
export function periodOfSlots(
  slots: readonly TimeSlot[],
  { time_range: range }: Pick<Answer, 'time_range'>,
  shown: Period,
  [from, to]: readonly [number, number],
  zone: string,
): Period {
  const first = slots[from]?.start ?? range.start_date;
  const start = Math.max(Date.parse(first), Date.parse(range.start_date));
  const next = slots[to + 1]?.start;
  const isOpen = shown.kind === 'moving' || shown.end === undefined;
  const lastEnd = isOpen ? undefined : shown.end;
  return {
    kind: 'fixed',
    start: shortestText(start, zone, 'start'),
    end: next === undefined ? lastEnd : shortestText(Date.parse(next) - 1, zone, 'end'),
  };
}

/** A date alone where it is read as that very instant: midnights can come twice, or never. */
function shortestText(instant: number, zone: string, edge: 'start' | 'end'): string {
  if (!knownToNode(zone)) return new Date(instant).toISOString();
  const text = formatInstant(instant, zone);
  const [day = text] = text.split('T');
  return parseDateParameter(day, zone, edge) === instant ? day : text;
}
