import type { Rejection, Warning } from './parse-click.ts';

/** A click that was not taken, by its place in the request. */
export interface RejectedItem extends Rejection {
  readonly index: number;
}

/** A click that was taken without a part of it, by its place in the request. */
export interface WarnedItem extends Warning {
  readonly index: number;
}

/** Receives what is wrong with clicks. */
export interface Findings {
  reject: (item: RejectedItem) => void;
  warn: (item: WarnedItem) => void;
}

/** Counts rejections, and keeps the first of them and of the warnings. */
export class FirstFindings implements Findings {
  rejectedCount = 0;
  readonly #rejected: FirstItems<RejectedItem>;
  readonly #warned: FirstItems<WarnedItem>;

  /** @param kept how many of each */
  constructor(kept: number) {
    this.#rejected = new FirstItems(kept);
    this.#warned = new FirstItems(kept);
  }

  reject(item: RejectedItem): void {
    this.rejectedCount++;
    this.#rejected.add(item);
  }

  warn(item: WarnedItem): void {
    this.#warned.add(item);
  }

  get rejected(): readonly RejectedItem[] {
    return this.#rejected.first();
  }

  get warnings(): readonly WarnedItem[] {
    return this.#warned.first();
  }
}

/** Keeps the first items, by their index, in bounded memory. */
class FirstItems<Item extends { readonly index: number }> {
  readonly #limit: number;
  #kept: Item[] = [];
  /** No later place than this can be among the first any more. */
  #last = Infinity;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** They come in two runs, each in order, so one may belong before those that are kept. */
  add(item: Item): void {
    if (item.index > this.#last) return;
    this.#kept.push(item);
    if (this.#kept.length < 2 * this.#limit) return;
    this.#kept = [...this.first()];
    this.#last = this.#kept.at(-1)?.index ?? Infinity;
  }

  first(): readonly Item[] {
    return this.#kept.toSorted((a, b) => a.index - b.index).slice(0, this.#limit);
  }
}
