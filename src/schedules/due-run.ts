import { MAX_CLOCK_AHEAD_MS } from '../lib/clock-ahead.ts';
import { latestTime } from './cron.ts';
import type { Run } from './run.ts';
import { type TimedSchedule, isByArrival } from './schedule.ts';

/**
 * The run that is due at a moment: that of the last time of the schedule, unless it was served. Of several times that were
 * missed only the last is made up for.
 *
 * While a window of arrivals is not written, no later one begins: the same run is tried anew, so that each click comes to
 * stand in one file.
 * @param last the run before
 * @param ahead since when it is known that a clock was ahead which is right now; undefined: since now. Times from then on are served
 */
export function dueRun(
  schedule: TimedSchedule,
  last: Run | undefined,
  now: number,
  ahead = now,
): Run | undefined {
  const due = latestTime(schedule.times, now);
  const marks = [last?.servedUntil ?? 0, schedule.changedAt];
  const served = Math.max(...marks.map((at) => (isAhead(at, now) ? ahead : at)));
  if (due === undefined || due <= served) return undefined;
  const byArrival = isByArrival(schedule);
  if (byArrival && last?.isByArrival === true && last.state !== 'done') {
    return { ...last, state: 'waiting', servedUntil: due, attempts: 0, nextAt: due };
  }
  return {
    scheduleId: schedule.id,
    ownerId: schedule.ownerId,
    dueAt: due,
    version: 0,
    servedUntil: due,
    state: 'waiting',
    window: null,
    isByArrival: byArrival,
    attempts: 0,
    nextAt: due,
    error: null,
    startedAt: null,
    finishedAt: null,
    exportId: null,
    file: null,
    measured: null,
    arrivedBefore: arrivedBefore(last),
    heldBefore: last?.measured?.holds ?? last?.heldBefore ?? false,
    delivery: null,
  };
}

/** Whether a clock was ahead that a schedule was run or changed by. One that was set back by little is waited for. */
export function wasClockAhead({ changedAt }: TimedSchedule, last: Run | undefined, now: number): boolean {
  return isAhead(Math.max(last?.servedUntil ?? 0, changedAt), now);
}

function isAhead(at: number, now: number): boolean {
  return at > now + MAX_CLOCK_AHEAD_MS;
}

function arrivedBefore(last: Run | undefined): number | null {
  const isWritten = last?.isByArrival === true && last.state === 'done';
  return (isWritten ? last.window?.before : undefined) ?? last?.arrivedBefore ?? null;
}
