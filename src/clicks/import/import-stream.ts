import { setTimeout as delay } from 'node:timers/promises';
import { AppError, unavailable } from '../../errors.ts';
import { timeSlices } from '../../lib/event-loop.ts';
import { LineCounts } from './line-counts.ts';
import type { TimedLines } from './timed-lines.ts';

/** By line number, the lines that have equal ones before them: how many equal ones there are up to this one. */
export type Repeats = ReadonlyMap<number, number>;

/** A batch that is not stored yet, or that the one behind it waits for. */
interface OpenBatch {
  /** Settles once it is stored, or failed. */
  readonly ended: Promise<void>;
  readonly settle: () => void;
  repeats: Repeats | undefined;
}

const LINES_A_LOOK = 64;

/** A small batch can be here before a large one that was sent before it. */
const WAIT_FOR_BATCH_MS = 5_000;

/** One file, or standard input, in batches of which several may be under way; lines are counted in the order of the file. */
export class ImportStream {
  /** When a batch came last, by `performance.now()`. */
  usedAt = 0;
  readonly #counts = new LineCounts();
  readonly #open = new Map<number, OpenBatch>();
  #next = 0;
  #hasEnded = false;

  /** @throws AppError `conflict` for a batch that is stored already */
  begin(sequence: number): void {
    if (sequence < this.#next && !this.#open.has(sequence)) {
      throw new AppError('conflict', 'These lines are imported already.');
    }
    this.#batch(sequence);
  }

  /**
   * Counts a batch's lines once the one before it is stored: how many equal ones a line has before it says what is to be
   * stored only as long as those are.
   * @throws AppError `unavailable` when the batch before does not come, or failed
   */
  async count(sequence: number, lines: TimedLines): Promise<Repeats> {
    const batch = this.#batch(sequence);
    if (batch.repeats !== undefined) return batch.repeats;
    if (sequence > this.#next) await this.#end(sequence - 1);
    if (sequence !== this.#next) throw unavailable('The lines before these are not imported yet.');
    const repeats = new Map<number, number>();
    const yieldIfDue = timeSlices(LINES_A_LOOK);
    for (let place = 0; place < lines.length; place++) {
      const due = yieldIfDue();
      if (due !== undefined) await due;
      const count = this.#count(lines, place);
      if (count > 1) repeats.set(lines.indexes[place] ?? 0, count);
    }
    batch.repeats = repeats;
    return repeats;
  }

  /** 0 for a line that is no click. */
  #count({ times, keys, isClick }: TimedLines, place: number): number {
    const time = times[place] ?? 0;
    if (isClick[place] === 1) return this.#counts.add(keys[2 * place] ?? 0, keys[2 * place + 1] ?? 0, time);
    this.#counts.pass(time);
    return 0;
  }

  async #end(sequence: number): Promise<void> {
    const isHere = this.#open.has(sequence);
    const { ended } = this.#batch(sequence);
    const late = new AbortController();
    const waits = isHere ? [ended] : [ended, delay(WAIT_FOR_BATCH_MS, undefined, { signal: late.signal })];
    await Promise.race(waits);
    late.abort();
  }

  #batch(sequence: number): OpenBatch {
    const known = this.#open.get(sequence);
    if (known !== undefined) return known;
    let settle = (): void => {};
    const ended = new Promise<void>((resolve) => (settle = resolve));
    const batch: OpenBatch = { ended, settle, repeats: undefined };
    this.#open.set(sequence, batch);
    return batch;
  }

  /**
   * What is known of a batch is kept after a failure, so that it can be sent again.
   * @returns whether all batches of the stream are stored
   */
  end(
    sequence: number,
    { isStored, isLast }: { readonly isStored: boolean; readonly isLast: boolean },
  ): boolean {
    const batch = this.#batch(sequence);
    this.#open.delete(sequence);
    if (isStored) this.#next++;
    // Whoever waits for the next try has another promise.
    else if (batch.repeats !== undefined) this.#batch(sequence).repeats = batch.repeats;
    batch.settle();
    this.#hasEnded ||= isLast && isStored;
    return this.#hasEnded && this.#open.size === 0;
  }
}

/** How many files can be imported at once. One that nobody went on with gives way to a new one. */
const MAX_STREAMS = 64;
const MAX_IDLE_MS = 600_000;

/** The imports under way. */
export class ImportStreams {
  readonly #streams = new Map<string, ImportStream>();

  /** The stream of that name; a new one where it is not known. */
  find(id: string): ImportStream {
    const now = performance.now();
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#makeRoom(now);
      stream = new ImportStream();
    }
    stream.usedAt = now;
    // The one that was used last is the last.
    this.#streams.delete(id);
    this.#streams.set(id, stream);
    return stream;
  }

  close(id: string): void {
    this.#streams.delete(id);
  }

  #makeRoom(now: number): void {
    for (const [id, { usedAt }] of this.#streams) {
      if (this.#streams.size < MAX_STREAMS && now - usedAt < MAX_IDLE_MS) return;
      this.#streams.delete(id);
    }
  }
}
