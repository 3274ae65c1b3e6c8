import type { Rejection } from './parse-click.ts';

/** A click that was not taken, by its place in the request. */
export interface RejectedItem extends Rejection {
  readonly index: number;
}

/** Counts all rejections and keeps the first. */
export class Rejections {
  count = 0;
  readonly #limit: number;
  #kept: RejectedItem[] = [];
  /** No later place than this can be among the first any more. */
  #last = Infinity;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** They come in two runs, each in order, so one may belong before those that are kept. */
  add(item: RejectedItem): void {
    this.count++;
    if (item.index > this.#last) return;
    this.#kept.push(item);
    if (this.#kept.length < 2 * this.#limit) return;
    this.#kept = [...this.first()];
    this.#last = this.#kept.at(-1)?.index ?? Infinity;
  }

  first(): readonly RejectedItem[] {
    return this.#kept.toSorted((a, b) => a.index - b.index).slice(0, this.#limit);
  }
}
