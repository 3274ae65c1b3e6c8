import { randomInt } from 'node:crypto';

const TAG_BITS = 24;

/**
 * The ids of imports: the second in which one began, or the next that is free, and after it what distinguishes this process from
 * others. Ids of a log that is imported every minute differ by little from click to click, so they compress well.
 */
export class ImportIds {
  readonly #newest: () => Promise<bigint>;
  readonly #tag: bigint;
  #last: Promise<bigint> | undefined;

  /**
   * @param newest the largest id there is; 0 where there is none
   * @param isAlone no other process makes ids at the same time
   */
  constructor(newest: () => Promise<bigint>, isAlone: boolean) {
    this.#newest = newest;
    this.#tag = isAlone ? 0n : BigInt(randomInt(2 ** TAG_BITS));
  }

  /** @param now Unix milliseconds. @throws what `newest` throws */
  async next(now: number): Promise<bigint> {
    const last = this.#last ?? this.#newest();
    const id = last.then((before) => {
      const second = BigInt(Math.floor(now / 1_000));
      const free = (before >> BigInt(TAG_BITS)) + 1n;
      return ((second > free ? second : free) << BigInt(TAG_BITS)) | this.#tag;
    });
    this.#last = id;
    // The next one asks again.
    id.catch(() => (this.#last = undefined));
    return id;
  }
}
