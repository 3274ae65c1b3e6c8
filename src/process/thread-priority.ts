import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setPriority } from 'node:os';

/** Between that of the service (0) and the lowest (19): a ninth of a core's time beside a thread that also wants it. */
const NICENESS = 10;

/**
 * Lets the calling thread run after the others of the process, so that long work in it delays no short one elsewhere. Linux
 * alone gives threads priorities of their own; elsewhere, and where it is not allowed, nothing changes.
 */
export function lowerThreadPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS);
  } catch {
    // A container may hide /proc or forbid the call: the thread works all the same.
  }
}
