import { type Holder, holderKey } from './holder.ts';

/** What a holder has of a resource, and what it waits for. */
export interface HolderAccount {
  readonly holder: Holder;
  inUse: number;
  waiting: number;
  /** Virtual time at which all that it has asked for so far would be done. */
  finish: number;
}

/** Accounts beyond which those that are settled are swept out. */
const SWEEP_ABOVE = 1_000;

/** The accounts of one resource's holders. A settled account is dropped, so that their number is bounded by what is in use. */
export class HolderAccounts {
  readonly #accounts = new Map<string, HolderAccount>();
  #sweepAbove = SWEEP_ABOVE;

  /** The account of a holder; a new one where it has none. */
  of(holder: Holder): HolderAccount {
    const key = holderKey(holder);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      this.#accounts.set(key, (account = { holder, inUse: 0, waiting: 0, finish: 0 }));
    }
    return account;
  }

  /** Units that a holder has. */
  inUse(holder: Holder): number {
    return this.#accounts.get(holderKey(holder))?.inUse ?? 0;
  }

  all(): readonly HolderAccount[] {
    return [...this.#accounts.values()];
  }

  get isEmpty(): boolean {
    return this.#accounts.size === 0;
  }

  clear(): void {
    this.#accounts.clear();
  }

  /**
   * Drops a holder's account if it is settled: nothing is in use or waited for, and virtual time has passed its finish. Dropped
   * earlier, a holder that asks for one costly thing after another would never be behind those who ask for cheap ones.
   */
  dropSettled(holder: Holder, virtualTime: number): void {
    const account = this.#accounts.get(holderKey(holder));
    if (account !== undefined && isSettled(account, virtualTime)) this.#accounts.delete(holderKey(holder));
    if (this.#accounts.size <= this.#sweepAbove) return;
    for (const [key, one] of this.#accounts) if (isSettled(one, virtualTime)) this.#accounts.delete(key);
    this.#sweepAbove = 2 * this.#accounts.size + SWEEP_ABOVE;
  }
}

function isSettled({ inUse, waiting, finish }: HolderAccount, virtualTime: number): boolean {
  return inUse === 0 && waiting === 0 && finish <= virtualTime;
}
