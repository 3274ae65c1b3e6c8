import { unavailable } from '../errors.ts';
import type { FairShare } from './fair-share.ts';
import type { Lease } from './share.ts';

/** A lease grows by so many units at least: asking at each click would cost as much as parsing it. */
const STEP = 65_536;

/** Room for something whose size is known only as it comes, within a lease that grows with it. */
export class Room {
  readonly #share: FairShare;
  readonly #lease: Lease;
  #used = 0;

  /** @param lease whose units are there to begin with; whoever took it releases it */
  constructor(share: FairShare, lease: Lease) {
    this.#share = share;
    this.#lease = lease;
  }

  /** What there is already without asking for more. */
  get leased(): number {
    return this.#lease.units;
  }

  /** The most that its holder can have. */
  get most(): number {
    return this.#share.boundOf(this.#lease.holder.kind);
  }

  /** @throws AppError `unavailable` when there is no room for so much more, in other words when there never is */
  take(units: number): void {
    this.#used += units;
    if (this.#used > this.most) {
      throw unavailable('The request takes more memory at once than there is for one: send it in parts.');
    }
    const missing = this.#used - this.#lease.units;
    if (missing <= 0) return;
    if (!this.#lease.grow(Math.max(missing, STEP)) && !this.#lease.grow(missing)) throw this.#share.refuse();
  }

  /** For what is let go of before the lease is. */
  give(units: number): void {
    this.#used -= units;
  }
}
