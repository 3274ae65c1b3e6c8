/**
 * The version of a row's next state, above `stored`, that of the state it replaces (0 for a row that is new). Versions
 * are microseconds of wall time as long as clocks agree, and a count upwards from the highest one seen where they do not.
 */
export type NextVersion = (stored: number) => number;

/**
 * So far above the stored version whoever takes a row over puts its first one, microseconds: what the instance that had it before
 * still writes, not knowing, replaces nothing for a day.
 */
export const TAKE_OVER = 86_400_000_000;

/**
 * Rows of a ReplacingMergeTree are ordered by these: the highest one counts. A change that is acknowledged must replace what
 * it was made of, whatever the clock of whoever wrote that said. All versions of a process grow, so that an insert that
 * arrives long after it was given up does not replace what was written since.
 */
export function createVersions(now: () => number): NextVersion {
  let last = 0;
  return (stored) => (last = Math.max(last + 1, stored + 1, now() * 1000));
}
