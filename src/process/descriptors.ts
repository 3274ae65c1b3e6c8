import { readFileSync } from 'node:fs';

/** How many files and connections this process may have open; Infinity where the system does not tell. */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

/** Spoor with its engine starts with fewer, and then fails at the first clicks. */
const FEWEST = 256;

/** @throws Error with a sentence for the operator when this process may have too few files open */
export function refuseFewDescriptors(limit = descriptorLimit()): void {
  if (limit >= FEWEST) return;
  throw new Error(
    `${limit} open files are too few: allow this process ${FEWEST} at least, better thousands (ulimit -n, LimitNOFILE in systemd, nofile in Docker).`,
  );
}
