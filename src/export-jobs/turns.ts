import type { ExportJob } from './export-job.ts';

/** A job that waits or runs. */
export interface Turn {
  readonly job: Pick<ExportJob, 'ownerId'>;
  readonly isRunning: boolean;
  /** Not before that, Unix milliseconds. */
  readonly notBefore: number;
}

/** Jobs of one owner that run at once. */
export const RUNNING_EACH = 2;

/**
 * The jobs whose turn it is.
 * @param all in the order in which they were created
 * @returns with when the next one may run that waits for its time; Infinity where none does
 */
export function turnsOf<T extends Turn>(
  all: readonly T[],
  { maxRunning, now }: { readonly maxRunning: number; readonly now: number },
): { readonly due: readonly T[]; readonly next: number } {
  const byOwner = new Map<string, number>();
  const count = (ownerId: string): number => byOwner.get(ownerId) ?? 0;
  const running = all.filter(({ isRunning }) => isRunning);
  for (const { job } of running) byOwner.set(job.ownerId, count(job.ownerId) + 1);
  const due: T[] = [];
  let next = Infinity;
  for (const one of all) {
    const { ownerId } = one.job;
    if (one.isRunning) continue;
    if (one.notBefore > now) next = Math.min(next, one.notBefore);
    else if (running.length + due.length < maxRunning && count(ownerId) < RUNNING_EACH) {
      byOwner.set(ownerId, count(ownerId) + 1);
      due.push(one);
    }
  }
  return { due, next };
}
