import { readFileSync } from 'node:fs';

/** How many files and connections this process may have open; Infinity if unknown. */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

/** With fewer, Spoor and its engine start, but fail at the first clicks. */
const MIN_OPEN_FILES = 256;

/** @throws Error with a sentence for the operator when this process may have too few files open */
export function refuseFewDescriptors(limit = descriptorLimit()): void {
  if (limit >= MIN_OPEN_FILES) return;
  throw new Error(
    `A limit of ${limit} open files is too low: allow this process at least ${MIN_OPEN_FILES}, better thousands (ulimit -n, LimitNOFILE in systemd, nofile in Docker).`,
  );
}
