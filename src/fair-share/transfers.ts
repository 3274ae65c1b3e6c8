import type { FairShare } from './fair-share.ts';
import { type Holder, holderKey } from './holder.ts';

const POLL_MS = 1_000;
/** A transfer is slow if it waited for its client at each of so many polls, and has gone on by less than this rate. */
const SLOW_POLLS = 10;
const SLOW_BYTES_A_SECOND = 262_144;

/** Bytes that go between a client and the service, and that hold a slot of a share for as long. */
export interface Transfer {
  readonly holder: Holder;
  /** How many have gone by; undefined while it is not the client that is waited for. */
  readonly bytes: () => number | undefined;
  /** Ends it, so that another holder gets its slot. */
  readonly cut: () => void;
}

interface Running {
  readonly transfer: Transfer;
  /** What had gone by at the latest polls, oldest first, while it always waited for its client. */
  bytes: number[];
  isCut: boolean;
}

/**
 * The transfers that hold slots of a share. While a holder with less than an equal part of the slots waits for one, the slowest
 * transfer of the holders with the most slots is cut, one a second. Transfers that are not slow are left alone, since they free
 * their slots soon.
 */
class Transfers {
  readonly #share: FairShare;
  readonly #running = new Set<Running>();
  #watch: NodeJS.Timeout | undefined;

  constructor(share: FairShare) {
    this.#share = share;
  }

  async watch<T>(transfer: Transfer, work: () => Promise<T>): Promise<T> {
    const one: Running = { transfer, bytes: [], isCut: false };
    this.#running.add(one);
    this.#watch ??= setInterval(() => this.#poll(), POLL_MS).unref();
    try {
      return await work();
    } finally {
      this.#running.delete(one);
      if (this.#running.size === 0) {
        clearInterval(this.#watch);
        this.#watch = undefined;
      }
    }
  }

  #poll(): void {
    for (const one of this.#running) note(one);
    const holders = new Set(this.#share.largestHolders.map(holderKey));
    const slow = [...this.#running].filter(
      (one) => holders.has(holderKey(one.transfer.holder)) && isSlow(one),
    );
    const slowest = slow.toSorted((a, b) => rateOf(a) - rateOf(b))[0];
    if (slowest === undefined) return;
    slowest.isCut = true;
    slowest.transfer.cut();
  }
}

const byShare = new WeakMap<FairShare, Transfers>();

/**
 * Does work that holds a slot of a share and waits for a client all along.
 * @throws what `work` throws
 */
export async function whileTransferring<T>(
  share: FairShare,
  transfer: Transfer,
  work: () => Promise<T>,
): Promise<T> {
  const transfers = byShare.get(share) ?? new Transfers(share);
  byShare.set(share, transfers);
  return transfers.watch(transfer, work);
}

function note(one: Running): void {
  const bytes = one.transfer.bytes();
  one.bytes = bytes === undefined ? [] : [...one.bytes.slice(-SLOW_POLLS), bytes];
}

function isSlow(one: Running): boolean {
  return !one.isCut && one.bytes.length > SLOW_POLLS && rateOf(one) < SLOW_BYTES_A_SECOND;
}

/** Bytes a second over the latest polls. */
function rateOf({ bytes }: Running): number {
  const [oldest = 0] = bytes;
  return ((bytes.at(-1) ?? 0) - oldest) / ((SLOW_POLLS * POLL_MS) / 1_000);
}
