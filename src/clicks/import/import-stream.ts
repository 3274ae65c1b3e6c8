import { timeSlices } from '../../lib/event-loop.ts';
import { LineCounts } from './line-counts.ts';
import { SeenClicks } from './seen-clicks.ts';
import type { LineList } from './timed-lines.ts';

/**
 * By line number, the lines that have equal ones before them: how many equal ones there are up to this one. 0 for one that is stored
 * by the lines before it, where these are not, in a dry run.
 */
export type Repeats = ReadonlyMap<number, number>;

const LINES_A_LOOK = 64;

/** Counts equal lines of one file, or standard input, batch by batch in the order of the file. */
export class ImportStream {
  readonly #counts = new LineCounts();
  readonly #seen: SeenClicks | undefined;

  /** @param isDryRun no line is stored before the next is counted */
  constructor(isDryRun = false) {
    this.#seen = isDryRun ? new SeenClicks() : undefined;
  }

  /** @param lines of a batch, whose equal lines in earlier batches count too */
  async count(lines: LineList): Promise<Repeats> {
    const repeats = new Map<number, number>();
    const yieldIfDue = timeSlices(LINES_A_LOOK);
    for (let place = 0; place < lines.length; place++) {
      const due = yieldIfDue();
      if (due !== undefined) await due;
      const count = this.#count(lines, place);
      const isSeen =
        count > 0 && this.#seen?.has(lines.keys[2 * place] ?? 0, lines.keys[2 * place + 1] ?? 0, count);
      if (isSeen === true) repeats.set(lines.indexes[place] ?? 0, 0);
      else if (count > 1) repeats.set(lines.indexes[place] ?? 0, count);
    }
    return repeats;
  }

  /** 0 for a line that is no click. */
  #count({ times, keys, isClick }: LineList, place: number): number {
    const time = times[place] ?? 0;
    if (isClick[place] === 1) return this.#counts.add(keys[2 * place] ?? 0, keys[2 * place + 1] ?? 0, time);
    this.#counts.pass(time);
    return 0;
  }
}
