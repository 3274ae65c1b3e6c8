import type { ExportJob, ExportOrder } from './export-job.ts';

/** A job that waits or runs. */
export interface Turn {
  readonly job: Pick<ExportJob, 'ownerId'> & { readonly order: Pick<ExportOrder, 'destination'> };
  readonly isRunning: boolean;
  /** Not before that, Unix milliseconds. */
  readonly notBefore: number;
}

/** Jobs of one owner that run at once. */
export const RUNNING_EACH = 2;

/** Jobs of one destination that run at once: one that does not respond leaves room for the others, where several run. */
export function runningToEach(maxRunning: number): number {
  return Math.max(1, Math.floor(maxRunning / 2));
}

/**
 * The jobs whose turn it is.
 * @param all in the order in which they were created
 * @returns with when the next one may run that waits for its time; Infinity where none does
 */
export function turnsOf<T extends Turn>(
  all: readonly T[],
  { maxRunning, now }: { readonly maxRunning: number; readonly now: number },
): { readonly due: readonly T[]; readonly next: number } {
  const running = all.filter(({ isRunning }) => isRunning);
  const owners = new Counts(running.map(({ job }) => job.ownerId));
  const destinations = new Counts(running.map(({ job }) => job.order.destination));
  const toEach = runningToEach(maxRunning);
  const hasRoom = ({ ownerId, order: { destination } }: T['job']): boolean =>
    owners.of(ownerId) < RUNNING_EACH && (destination === null || destinations.of(destination) < toEach);
  const due: T[] = [];
  let next = Infinity;
  for (const one of all) {
    if (one.isRunning) continue;
    if (one.notBefore > now) next = Math.min(next, one.notBefore);
    else if (running.length + due.length < maxRunning && hasRoom(one.job)) {
      owners.add(one.job.ownerId);
      destinations.add(one.job.order.destination);
      due.push(one);
    }
  }
  return { due, next };
}

/** How often each value has come. */
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
