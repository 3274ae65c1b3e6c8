import { latestTime } from './cron.ts';
import type { Run } from './run.ts';
import { type TimedSchedule, isByArrival } from './schedule.ts';

/**
 * The run that is due at a moment: that of the last time of the schedule, unless it was served. Of several times that were
 * missed only the last is made up for.
 *
 * While a window of arrivals is not written, no later one begins: the same run is tried anew, so that each click comes to
 * stand in one file.
 * @param last the run of the latest time before
 */
export function dueRun(schedule: TimedSchedule, last: Run | undefined, now: number): Run | undefined {
  const due = latestTime(schedule.times, now);
  const served = Math.max(last?.servedUntil ?? 0, schedule.changedAt);
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

function arrivedBefore(last: Run | undefined): number | null {
  const isWritten = last?.isByArrival === true && last.state === 'done';
  return (isWritten ? last.window?.before : undefined) ?? last?.arrivedBefore ?? null;
}
