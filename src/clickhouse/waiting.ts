import { setTimeout as delay } from 'node:timers/promises';

/** Told what a start waits for. */
export type OnWait = (what: string) => void;

/** What ends sooner is not worth a word. */
const FIRST_WORD_MS = 2_000;
const NEXT_WORD_MS = 5_000;

/** A wait during the start, which reports what it waits for. It is measured by a monotonic clock. */
export class Waiting {
  readonly #what: string;
  readonly #onWait: OnWait;
  #began = performance.now();
  #nextWord = this.#began + FIRST_WORD_MS;

  /** @param what is waited for, such as `ClickHouse` */
  constructor(what: string, onWait: OnWait = () => {}) {
    this.#what = what;
    this.#onWait = onWait;
  }

  /** Milliseconds since the wait began, or began again. */
  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  /** Counts from now on: who is waited for has shown a sign of life. */
  beginAnew(): void {
    this.#began = performance.now();
  }

  /** Passes the time until the next poll. */
  async pause(ms: number): Promise<void> {
    if (performance.now() >= this.#nextWord) {
      this.#nextWord += NEXT_WORD_MS;
      this.#onWait(this.#what);
    }
    await delay(ms);
  }
}
