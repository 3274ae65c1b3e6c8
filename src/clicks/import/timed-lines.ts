import { type ClickIdentity, putClickKey } from './click-keys.ts';

const FIRST_LINES = 1_024;

/** The time of a line that carries none. */
export const NO_TIME = Number.NaN;

/** The lines of a batch, in the order of the file: lists of one length, since there are many. */
export interface LineList {
  readonly length: number;
  /** Line numbers. */
  readonly indexes: Float64Array;
  /** Unix milliseconds, or `NO_TIME`. */
  readonly times: Float64Array;
  /** Two halves of each click's key, the low one first; nothing for a line that is no click. */
  readonly keys: Uint32Array;
  /** 1 for a click with a time of its own. */
  readonly isClick: Uint8Array;
}

/** A list of lines that grows. */
export class TimedLines implements LineList {
  length = 0;
  indexes = new Float64Array(FIRST_LINES);
  times = new Float64Array(FIRST_LINES);
  keys = new Uint32Array(2 * FIRST_LINES);
  isClick = new Uint8Array(FIRST_LINES);
  /** A position after all lines before the one that was asked for last. */
  #asked = 0;

  /** @param click undefined for a line that is none */
  add(index: number, time: number, click: ClickIdentity | undefined): void {
    if (this.length === this.indexes.length) this.#grow();
    const place = this.length++;
    this.indexes[place] = index;
    this.times[place] = time;
    if (click === undefined) return;
    this.isClick[place] = 1;
    putClickKey(this.keys, place, click);
  }

  /** The place of a click's line; undefined where it has no time of its own. Asking in the order of the file is fast. */
  placeOf(index: number): number | undefined {
    let place = this.#asked;
    if ((this.indexes[place - 1] ?? -1) >= index) place = 0;
    while (place < this.length && (this.indexes[place] ?? 0) < index) place++;
    this.#asked = place;
    return place < this.length && this.indexes[place] === index && this.isClick[place] === 1
      ? place
      : undefined;
  }

  #grow(): void {
    this.indexes = larger(this.indexes, new Float64Array(2 * this.length));
    this.times = larger(this.times, new Float64Array(2 * this.length));
    this.keys = larger(this.keys, new Uint32Array(4 * this.length));
    this.isClick = larger(this.isClick, new Uint8Array(2 * this.length));
  }
}

function larger<List extends Float64Array | Uint32Array | Uint8Array>(list: List, copy: List): List {
  copy.set(list);
  return copy;
}
