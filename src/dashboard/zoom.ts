import { formatWithOffset } from '../lib/calendar.ts';
import type { Period } from './address.ts';
import { type RangeDates, type StatsResult, type TimeSlot, endsNow } from './result-types.ts';
import { isFirstOfDay, offsetIn } from './zones.ts';

/**
 * The period from one slot to another, inclusive. It is written as dates if it starts and ends with days. It never reaches
 * beyond the shown range.
 * @param zone the time zone in which the API reads it
 */
export function periodOfSlots(
  slots: readonly TimeSlot[],
  result: Pick<StatsResult, 'generated_at'> & { readonly time_range: RangeDates },
  shown: Period,
  [from, to]: readonly [number, number],
  zone: string,
): Period {
  const { time_range: range } = result;
  const first = slots[from]?.start ?? range.start_date;
  const start = Math.max(Date.parse(first), Date.parse(range.start_date));
  const next = slots[to + 1]?.start;
  const ownEnd = shown.kind === 'fixed' ? shown.end : undefined;
  const isPast = shown.kind === 'named' && !endsNow(result);
  const lastEnd = isPast ? shortestText(Date.parse(range.end_date), zone, 'end') : ownEnd;
  return {
    kind: 'fixed',
    start: shortestText(start, zone, 'start'),
    end: next === undefined ? lastEnd : shortestText(Date.parse(next) - 1, zone, 'end'),
  };
}

/** A date alone if the API reads it as exactly that instant: a midnight may come twice, or not at all. */
function shortestText(instant: number, zone: string, edge: 'start' | 'end'): string {
  const offset = offsetIn(zone, instant);
  if (offset === undefined) return new Date(instant).toISOString();
  const text = formatWithOffset(instant, offset);
  const [day = text] = text.split('T');
  return isFirstOfDay(zone, edge === 'start' ? instant : instant + 1) ? day : text;
}
