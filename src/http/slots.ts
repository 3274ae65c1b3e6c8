import { unavailable } from '../errors.ts';

/** Lets so many do something at once; the next ones wait a little for their turn. */
export class Slots {
  readonly #waitMs: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number, waitMs: number) {
    this.#free = count;
    this.#waitMs = waitMs;
  }

  /**
   * Runs `work` when a slot is free.
   * @throws AppError `unavailable` when none was for the time one waits
   */
  async within<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Whoever ends hands the slot on, so it is never counted free in between. */
  async #turn(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const take = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(unavailable('Too many exports run at once: try again in a while.'));
      }, this.#waitMs);
      this.#waiting.push(take);
    });
  }
}
