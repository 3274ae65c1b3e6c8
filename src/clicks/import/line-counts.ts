import { MINUTE } from '../../lib/calendar.ts';

/**
 * Counts equal lines of a stream. A line is forgotten once another one passes whose time is more than a minute from its
 * own, so memory holds a minute's lines, and the second copy of a log counts from one again.
 */
export class LineCounts {
  /** Times that lines in memory have, Unix milliseconds, in order, from `#first` on. */
  readonly #times: number[] = [];
  #first = 0;
  readonly #byTime = new Map<number, Map<bigint, number>>();
  #latest: number | undefined;

  /**
   * @param key stands for all that makes lines equal, their time included
   * @returns how many equal lines there were in the stream, this one included
   */
  add(key: bigint, time: number): number {
    this.pass(time);
    let counts = this.#byTime.get(time);
    if (counts === undefined) {
      this.#byTime.set(time, (counts = new Map()));
      this.#insert(time);
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count;
  }

  /** Forgets the lines that are more than a minute from a line that passes. */
  pass(time: number): void {
    if (time === this.#latest) return;
    this.#latest = time;
    const times = this.#times;
    for (let oldest = times[this.#first]; oldest !== undefined && oldest < time - MINUTE;) {
      this.#byTime.delete(oldest);
      oldest = times[++this.#first];
    }
    // All at once: taking off the first time by itself moves all the others.
    if (this.#first > times.length / 2) {
      times.splice(0, this.#first);
      this.#first = 0;
    }
    for (let newest = times.at(-1); newest !== undefined && newest > time + MINUTE;) {
      this.#byTime.delete(newest);
      times.pop();
      newest = times.at(-1);
    }
    this.#first = Math.min(this.#first, times.length);
  }

  #insert(time: number): void {
    const times = this.#times;
    let [low, high] = [this.#first, times.length];
    // Logs are nearly in order.
    if ((times.at(-1) ?? time) <= time) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? time) < time) low = middle + 1;
      else high = middle;
    }
    times.splice(low, 0, time);
  }
}
