const MINUTE = 60_000;

export interface CountedLine {
  readonly key: string;
  /** Unix milliseconds. */
  readonly time: number;
}

/** For each line of a stream, how many equal ones there are up to it: what is promised, word for word. */
export function countsByDefinition(lines: readonly CountedLine[]): readonly number[] {
  const counts: number[] = [];
  for (const [place, { key, time }] of lines.entries()) {
    const before = lines.findLastIndex((line, other) => other < place && line.key === key);
    const isNear = (line: CountedLine): boolean => Math.abs(line.time - time) <= MINUTE;
    const isSeparate = before !== -1 && lines.slice(before, place).every(isNear);
    counts.push(isSeparate ? (counts[before] ?? 0) + 1 : 1);
  }
  return counts;
}
