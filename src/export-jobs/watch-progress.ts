import { setTimeout as delay } from 'node:timers/promises';
import type { ReadProgress } from './export-job.ts';

const EVERY_MS = 1_000;
/** What has been read has still to be written. */
const MOST = 0.99;

/** Calls back with how far a query has come, each time that it has come further, until the signal aborts. */
export async function watchProgress(
  read: ReadProgress,
  signal: AbortSignal,
  onProgress: (progress: number) => void,
  everyMs = EVERY_MS,
): Promise<void> {
  let furthest = -1;
  while (!signal.aborted) {
    // Nothing depends on it: where it cannot be known, it is asked for again.
    const progress = Math.min(MOST, (await read().catch(() => undefined)) ?? furthest);
    if (progress > furthest && !signal.aborted) onProgress((furthest = progress));
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
