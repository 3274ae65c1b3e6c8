/** Gives the next version of a row: microseconds of wall time, always growing within this process. */
export type NextVersion = () => number;

/** Rows of a ReplacingMergeTree are ordered by these: the newest write wins, also over a restart. */
export function createVersions(now: () => number): NextVersion {
  let last = 0;
  return () => (last = Math.max(last + 1, now() * 1000));
}
