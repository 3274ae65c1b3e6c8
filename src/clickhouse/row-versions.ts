/**
 * Returns the version for a row's next state, larger than `stored`, the version it replaces (0 for a new row). It is the time in
 * microseconds, unless the clock is behind an earlier version: then it is the highest one plus 1.
 */
export type NextVersion = (stored: number) => number;

/**
 * An instance that takes a row over adds this to the stored version (microseconds: a day). So for a day, late writes of the instance
 * that had the row before have lower versions and replace nothing.
 */
export const TAKE_OVER = 86_400_000_000;

/**
 * A ReplacingMergeTree keeps the row with the highest version. An acknowledged change must have a higher version than the state it
 * replaces, whatever the clock of the instance that wrote that state. The versions of a process always grow, so an insert that arrives
 * long after it was given up does not replace later changes.
 */
export function createVersions(now: () => number): NextVersion {
  let last = 0;
  return (stored) => (last = Math.max(last + 1, stored + 1, now() * 1000));
}
