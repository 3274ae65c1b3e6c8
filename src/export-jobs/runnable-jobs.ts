import type { ExportJob, ExportOrder } from './export-job.ts';

/** A job that is queued or running. */
export interface QueuedJob {
  readonly job: Pick<ExportJob, 'ownerId'> & { readonly order: Pick<ExportOrder, 'destination'> };
  readonly isRunning: boolean;
  /** Whether it tries, in the slot for that, if its destination responds again. */
  readonly isTrial?: boolean;
  /** Not before that, Unix milliseconds. */
  readonly notBefore: number;
}

/** Jobs of one owner that run at once at most. */
const RUNNING_EACH = 2;

/**
 * The most jobs of one owner, and to one destination, that run at once, so that an owner with many jobs, or a destination that does
 * not respond, leaves slots for the others.
 */
export function maxRunningEach(maxRunning: number): { readonly owner: number; readonly destination: number } {
  const destination = Math.max(1, Math.floor(maxRunning / 2));
  return { owner: Math.min(RUNNING_EACH, destination), destination };
}

interface RunnableOptions {
  readonly maxRunning: number;
  readonly now: number;
  /** Until when a destination is not to be tried. */
  readonly pausedUntil?: (destination: string | null) => number;
  /** Whether a destination did not respond when it was tried last. */
  readonly isDown?: (destination: string | null) => boolean;
}

/**
 * The queued jobs that can start now. Beside the `maxRunning` slots, there is one slot for one job at a time to a destination that did not
 * respond: such a job may wait until its request times out, and must not hold up the others.
 * @param all in the order in which they were created
 * @returns also when the next job may start that is not due yet, Unix milliseconds; Infinity if there is none
 */
export function runnableJobs<T extends QueuedJob>(
  all: readonly T[],
  { maxRunning, now, pausedUntil = () => 0, isDown = () => false }: RunnableOptions,
): { readonly due: readonly T[]; readonly next: number } {
  const running = all.filter(({ isRunning, isTrial = false }) => isRunning && !isTrial);
  let hasTrial = all.some(({ isRunning, isTrial = false }) => isRunning && isTrial);
  let begun = 0;
  const owners = new Counts(running.map(({ job }) => job.ownerId));
  const destinations = new Counts(running.map(({ job }) => job.order.destination));
  const most = maxRunningEach(maxRunning);
  const hasRoom = ({ ownerId, order: { destination } }: T['job']): boolean =>
    owners.of(ownerId) < most.owner &&
    (destination === null || destinations.of(destination) < most.destination);
  const due: T[] = [];
  let next = Infinity;
  for (const one of all) {
    if (one.isRunning) continue;
    const notBefore = Math.max(one.notBefore, pausedUntil(one.job.order.destination));
    if (notBefore > now) next = Math.min(next, notBefore);
    else if (isDown(one.job.order.destination)) {
      if (!hasTrial) due.push(one);
      hasTrial = true;
    } else if (running.length + begun < maxRunning && hasRoom(one.job)) {
      begun++;
      owners.add(one.job.ownerId);
      destinations.add(one.job.order.destination);
      due.push(one);
    }
  }
  return { due, next };
}

/** Counts how often each value was added. */
class Counts<Value> {
  readonly #counts = new Map<Value, number>();

  constructor(values: readonly Value[]) {
    for (const value of values) this.add(value);
  }

  of(value: Value): number {
    return this.#counts.get(value) ?? 0;
  }

  add(value: Value): void {
    this.#counts.set(value, this.of(value) + 1);
  }
}
