import { MINUTE } from '../../lib/calendar.ts';
import { KeySlots } from './key-slots.ts';

const FIRST_KEYS = 512;
/** A table that is full gets room for so many times the keys that are not forgotten. */
const GROWTH = 2;

/**
 * Counts equal lines of a stream. A line is forgotten once another one passes whose time is more than a minute from its
 * own, so memory holds a minute's lines, and the second copy of a log counts from one again.
 */
export class LineCounts {
  /** Times that lines in memory have, Unix milliseconds, in order, from `#first` on. */
  readonly #times: number[] = [];
  #first = 0;
  /** By time in memory, a number that no time had before: the lines of a time that was forgotten have another. */
  readonly #generations = new Map<number, number>();
  #generation = 0;
  #latest: number | undefined;
  /** That of the latest time; 0 while no line of it was counted. */
  #latestGeneration = 0;
  #table = new CountTable(FIRST_KEYS);

  /**
   * @param low lower half of a key that stands for all that makes lines equal, their time included
   * @param high upper half of the key
   * @returns how many equal lines there were in the stream, this one included
   */
  add(low: number, high: number, time: number): number {
    this.pass(time);
    if (this.#latestGeneration === 0) {
      this.#latestGeneration = ++this.#generation;
      this.#generations.set(time, this.#generation);
      this.#insert(time);
    }
    if (this.#table.isFull) this.#table = this.#table.ofGenerations(new Set(this.#generations.values()));
    return this.#table.add(low, high, this.#latestGeneration);
  }

  /**
   * Forgets the lines that are more than a minute from a line that passes.
   * @param time NaN for a line without one, which no other line is within a minute of
   */
  pass(time: number): void {
    if (time === this.#latest) return;
    if (Number.isNaN(time)) return this.#forget();
    this.#latest = time;
    const times = this.#times;
    for (let oldest = times[this.#first]; oldest !== undefined && oldest < time - MINUTE;) {
      this.#generations.delete(oldest);
      oldest = times[++this.#first];
    }
    // All at once: taking off the first time by itself moves all the others.
    if (this.#first > times.length / 2) {
      times.splice(0, this.#first);
      this.#first = 0;
    }
    for (let newest = times.at(-1); newest !== undefined && newest > time + MINUTE;) {
      this.#generations.delete(newest);
      times.pop();
      newest = times.at(-1);
    }
    this.#first = Math.min(this.#first, times.length);
    this.#latestGeneration = this.#generations.get(time) ?? 0;
  }

  #forget(): void {
    this.#times.length = this.#first = 0;
    this.#generations.clear();
    this.#latest = undefined;
    this.#latestGeneration = 0;
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

/** Counts by key, each of one generation. Those of generations that are gone stay until the table is full. */
class CountTable {
  readonly #slots: KeySlots;
  readonly #counts: Uint32Array;
  readonly #generations: Uint32Array;

  constructor(keys: number) {
    this.#slots = new KeySlots(keys);
    this.#counts = new Uint32Array(this.#slots.capacity);
    this.#generations = new Uint32Array(this.#slots.capacity);
  }

  get isFull(): boolean {
    return this.#slots.isFull;
  }

  add(low: number, high: number, generation: number): number {
    const slot = this.#slots.add(low, high);
    const count = this.#generations[slot] === generation ? (this.#counts[slot] ?? 0) + 1 : 1;
    this.#generations[slot] = generation;
    this.#counts[slot] = count;
    return count;
  }

  /** Those of these generations alone, with room for as many again. */
  ofGenerations(living: ReadonlySet<number>): CountTable {
    let kept = 0;
    for (const generation of this.#generations) if (living.has(generation)) kept++;
    const table = new CountTable(Math.max(FIRST_KEYS, GROWTH * kept));
    this.#slots.each((low, high, slot) => {
      const generation = this.#generations[slot] ?? 0;
      if (living.has(generation)) table.#put(low, high, this.#counts[slot] ?? 0, generation);
    });
    return table;
  }

  #put(low: number, high: number, count: number, generation: number): void {
    const slot = this.#slots.add(low, high);
    this.#counts[slot] = count;
    this.#generations[slot] = generation;
  }
}
