import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { unavailable } from '../errors.ts';

export interface GroupLimits {
  /** The largest total weight of a group; a single item may weigh more. */
  readonly group: number;
  /** The largest total weight that may wait, half of it for one holder; further items are refused. */
  readonly waiting: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly holder: string;
  readonly weight: number;
  readonly settle: (outcome: Promise<Result>) => void;
}

/** The part of `waiting` that one holder may have. */
const WAITING_EACH = 1 / 2;

/**
 * Commits items in groups, one group at a time. Items that arrive during a commit form the next group. A single item is committed at
 * once, and the more items arrive, the fewer commits each one costs. Clients of one group get their responses together and mostly send
 * their next requests together, so the next group waits for as many items, as long as each round of the event loop brings some. No
 * timer is involved.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<Result>;
  readonly #limits: GroupLimits;
  #waiting: Waiting<Item, Result>[] = [];
  #weight = 0;
  readonly #weights = new Map<string, number>();
  #isRunning = false;
  /** Items in the latest group. */
  #latest = 0;

  constructor(commit: (items: readonly Item[]) => Promise<Result>, limits: GroupLimits) {
    this.#commit = commit;
    this.#limits = limits;
  }

  /**
   * Settles like the commit of the group that `item` is in.
   * @param holder whom it counts against; each waiting holder has items in the next group
   * @throws AppError `unavailable` when too much is waiting already
   */
  async add(item: Item, weight: number, holder = ''): Promise<Result> {
    const { waiting } = this.#limits;
    const ofHolder = this.#weights.get(holder) ?? 0;
    const isTooMuch = this.#weight + weight > waiting || ofHolder + weight > waiting * WAITING_EACH;
    if (ofHolder > 0 && isTooMuch)
      throw unavailable('Too many clicks are waiting to be stored: try again later.');
    this.#count(holder, weight);
    const result = new Promise<Result>((settle) => this.#waiting.push({ item, holder, weight, settle }));
    if (!this.#isRunning) void this.#run();
    return result;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      for (let before = 0; this.#isGathering(before);) {
        before = this.#waiting.length;
        await yieldToEventLoop();
      }
      const group = this.#takeGroup();
      this.#latest = group.length;
      const outcome = this.#commit(group.map(({ item }) => item));
      for (const { settle } of group) settle(outcome);
      await outcome.catch(() => {});
    }
    this.#isRunning = false;
  }

  /** @param before how many waited a turn ago */
  #isGathering(before: number): boolean {
    return this.#waiting.length > before && this.#waiting.length < this.#latest;
  }

  #takeGroup(): readonly Waiting<Item, Result>[] {
    const waiting = this.#weights.size > 1 ? oneOfEach(this.#waiting) : this.#waiting;
    let weight = 0;
    const over = waiting.findIndex((next, index) => {
      weight += next.weight;
      return index > 0 && weight > this.#limits.group;
    });
    const size = over === -1 ? waiting.length : over;
    const group = waiting.slice(0, size);
    this.#waiting = waiting.slice(size);
    for (const taken of group) this.#count(taken.holder, -taken.weight);
    return group;
  }

  #count(holder: string, weight: number): void {
    this.#weight += weight;
    const ofHolder = (this.#weights.get(holder) ?? 0) + weight;
    if (ofHolder > 0) this.#weights.set(holder, ofHolder);
    else this.#weights.delete(holder);
  }
}

/** The same, the first item of each holder before the second of any. */
function oneOfEach<Waits extends { readonly holder: string }>(waiting: readonly Waits[]): Waits[] {
  const seen = new Map<string, number>();
  const ranked = waiting.map((one) => {
    const rank = seen.get(one.holder) ?? 0;
    seen.set(one.holder, rank + 1);
    return { one, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ one }) => one);
}
