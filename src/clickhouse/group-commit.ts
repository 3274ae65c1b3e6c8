import { setImmediate as nextTurn } from 'node:timers/promises';
import { unavailable } from '../errors.ts';

export interface GroupLimits {
  /** The most that one commit takes together; a single item may weigh more. */
  readonly group: number;
  /** The most that may wait for its commit; what comes then is refused. */
  readonly waiting: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly weight: number;
  readonly settle: (outcome: Promise<Result>) => void;
}

/**
 * Commits one group at a time. What comes while one is under way waits and goes together with the next: alone, an item
 * is not held up, and the more there are the fewer commits each costs. Those of one group get their answers together and
 * mostly come back together, so the next group waits for as many, as long as each turn of the event loop brings some.
 * Nothing here looks at a clock.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<Result>;
  readonly #limits: GroupLimits;
  #waiting: Waiting<Item, Result>[] = [];
  #weight = 0;
  #isRunning = false;
  /** Items in the latest group. */
  #latest = 0;

  constructor(commit: (items: readonly Item[]) => Promise<Result>, limits: GroupLimits) {
    this.#commit = commit;
    this.#limits = limits;
  }

  /**
   * Settles as the commit that `item` was part of does.
   * @throws AppError `unavailable` when too much waits already
   */
  async add(item: Item, weight: number): Promise<Result> {
    if (this.#waiting.length > 0 && this.#weight + weight > this.#limits.waiting) {
      throw unavailable('Too much waits to be stored: try again in a while.');
    }
    this.#weight += weight;
    const result = new Promise<Result>((settle) => this.#waiting.push({ item, weight, settle }));
    if (!this.#isRunning) void this.#run();
    return result;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      for (let before = 0; this.#isGathering(before);) {
        before = this.#waiting.length;
        await nextTurn();
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
    let weight = 0;
    const over = this.#waiting.findIndex((waiting, index) => {
      weight += waiting.weight;
      return index > 0 && weight > this.#limits.group;
    });
    const group = this.#waiting.splice(0, over === -1 ? this.#waiting.length : over);
    for (const waiting of group) this.#weight -= waiting.weight;
    return group;
  }
}
