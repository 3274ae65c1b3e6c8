import { MAX_CLOCK_AHEAD_MS } from '../lib/clock-ahead.ts';
import { latestTime } from './cron.ts';
import type { Run } from './stored-run.ts';
import { type TimedSchedule, isByArrival } from './schedule.ts';

/**
 * The run that is due at `now`: the one for the schedule's latest time, unless that was served already. If several times were
 * missed, only the latest is run.
 *
 * With `range=since_last_run`, no later window begins before the file of the last one is written: the same run is tried again, so
 * that each click is in exactly one file.
 * @param last the run before
 * @param ahead if a clock was ahead when the schedule was run or changed: when that was noticed. Times after it are run as usual
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

/** Whether the schedule was last run or changed by a clock that was ahead by more than `MAX_CLOCK_AHEAD_MS`. */
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
