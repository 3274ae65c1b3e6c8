import { type AppError, unavailable } from '../errors.ts';
import { type Pool, largestHolders } from './contention.ts';
import type { Holder } from './holder.ts';
import { HolderAccounts } from './holder-accounts.ts';
import type { Lease, ShareOptions, ShareRequest, ShareState } from './share.ts';

interface Waiting {
  readonly holder: Holder;
  readonly units: number;
  readonly start: number;
  readonly cost: number;
  readonly begin: (lease: Lease) => void;
}

/** When both wait, owners are served before anonymous clients in this proportion. */
const WEIGHT = { owner: 4, anonymous: 1 } as const;

/** Of all requests that may wait, those of one holder. */
const WAITING_EACH = 1 / 4;

/**
 * Shares out a scarce resource. No holder has more than its share, and requests that wait are served by start-time fair
 * queueing (Goyal, Vin, Cheng: SIGCOMM 1996): in the order of what their holders' requests have cost so far, so that a flood
 * of one holder delays only itself.
 */
export class FairShare {
  readonly #options: ShareOptions;
  readonly #accounts = new HolderAccounts();
  /** By virtual start. */
  readonly #waiting: Waiting[] = [];
  #inUse = 0;
  #anonymous = 0;
  #virtualTime = 0;
  #refused = 0;

  constructor(options: ShareOptions) {
    this.#options = options;
  }

  get resource(): string {
    return this.#options.resource;
  }

  get state(): ShareState {
    return { inUse: this.#inUse, waiting: this.#waiting.length, refused: this.#refused };
  }

  /** The most that one holder of a kind has at once. */
  boundOf(kind: Holder['kind']): number {
    return this.#options.each[kind];
  }

  /** Units that a holder has. */
  heldBy(holder: Holder): number {
    return this.#accounts.inUse(holder);
  }

  /**
   * The holders that have the most of what somebody waits for who has less than an equal part of it; empty where no transfer
   * would be fairer.
   */
  get largestHolders(): readonly Holder[] {
    for (const waiting of this.#waiting) {
      const pool = this.#poolShortFor(waiting);
      if (pool === undefined) continue;
      const { holder, units } = waiting;
      const inUse = this.heldBy(holder);
      const holders = largestHolders(this.#accounts.all(), pool, { inUse, units });
      if (holders.length > 0) return holders;
    }
    return [];
  }

  /** The pool that has no room for a request; undefined where it waits for its own holder's bound. */
  #poolShortFor(waiting: Pick<Waiting, 'holder' | 'units'>): Pool | undefined {
    const { size, anonymous, each } = this.#options;
    const { holder, units } = waiting;
    if (this.heldBy(holder) + units > each[holder.kind]) return undefined;
    if (!this.#isWithinBounds(waiting)) {
      return { size: anonymous, has: ({ kind }) => kind === 'anonymous' };
    }
    return this.#hasRoom(waiting) ? undefined : { size, has: () => true };
  }

  /**
   * Runs `work` with units of the resource.
   * @throws AppError `unavailable` when it has to wait for too long; the signal's reason when it aborts before
   */
  async within<T>(holder: Holder, work: () => Promise<T>, request: ShareRequest = {}): Promise<T> {
    const lease = this.take(holder, request.units) ?? (await this.#wait(holder, request));
    try {
      return await work();
    } finally {
      lease.release();
    }
  }

  /** Waits for units. @throws as `within` */
  async acquire(holder: Holder, request: ShareRequest = {}): Promise<Lease> {
    return this.take(holder, request.units) ?? this.#wait(holder, request);
  }

  /** Takes units without waiting; undefined when they are not free, or when others wait for them. */
  take(holder: Holder, units = 1): Lease | undefined {
    const wanted = { holder, units: this.#bounded(holder, units) };
    if (!this.#isWithinBounds(wanted) || !this.#hasRoom(wanted)) return undefined;
    if (this.#waiting.some((waiting) => this.#isWithinBounds(waiting))) return undefined;
    return this.#lease(wanted);
  }

  /** Counts a refused request. @returns the error for it */
  refuse(): AppError {
    this.#refused++;
    return unavailable(this.#options.refusal);
  }

  async #wait(holder: Holder, { units = 1, cost = 1, signal }: ShareRequest): Promise<Lease> {
    const { maxWaitMs, maxWaiting } = this.#options;
    signal?.throwIfAborted();
    const account = this.#accounts.of(holder);
    if (this.#waiting.length >= maxWaiting || account.waiting >= maxWaiting * WAITING_EACH) {
      this.#drop(holder);
      throw this.refuse();
    }
    const start = Math.max(this.#virtualTime, account.finish);
    account.finish = start + cost / WEIGHT[holder.kind];
    account.waiting++;
    return new Promise<Lease>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        account.waiting--;
      };
      const leave = (reason: unknown): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        account.finish -= cost / WEIGHT[holder.kind];
        settle();
        this.#drop(holder);
        reject(reason instanceof Error ? reason : new Error('aborted'));
        // The next one may want fewer units than the one that left.
        this.#serve();
      };
      const onAbort = (): void => leave(signal?.reason);
      const timer = setTimeout(() => leave(this.refuse()), maxWaitMs);
      const waiting: Waiting = {
        holder,
        units: this.#bounded(holder, units),
        start,
        cost,
        begin: (lease) => {
          settle();
          resolve(lease);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const place = this.#waiting.findLastIndex((other) => other.start <= start);
      this.#waiting.splice(place + 1, 0, waiting);
      this.#serve();
    });
  }

  /** Serves waiting requests in order. One that is at its holder's bound does not block the others. */
  #serve(): void {
    for (let place = 0; place < this.#waiting.length;) {
      const waiting = this.#waiting[place];
      if (waiting === undefined) return;
      if (!this.#isWithinBounds(waiting)) {
        place++;
        continue;
      }
      // Serving smaller ones first would never serve a large one.
      if (!this.#hasRoom(waiting)) return;
      this.#waiting.splice(place, 1);
      this.#virtualTime = waiting.start;
      waiting.begin(this.#lease(waiting));
    }
  }

  #lease({ holder, units: taken }: Pick<Waiting, 'holder' | 'units'>): Lease {
    let units = 0;
    let isReleased = false;
    const add = (more: number): void => {
      units += more;
      this.#count(holder, more);
    };
    add(taken);
    return {
      holder,
      get units() {
        return units;
      },
      grow: (more) => {
        if (isReleased || !this.#isWithinBounds({ holder, units: more })) return false;
        if (!this.#hasRoom({ units: more })) return false;
        add(more);
        return true;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        add(-units);
        this.#drop(holder);
        this.#serve();
      },
    };
  }

  #count(holder: Holder, units: number): void {
    this.#inUse += units;
    this.#accounts.of(holder).inUse += units;
    if (holder.kind === 'anonymous') this.#anonymous += units;
  }

  #isWithinBounds({ holder, units }: Pick<Waiting, 'holder' | 'units'>): boolean {
    const { each, anonymous } = this.#options;
    if (this.heldBy(holder) + units > each[holder.kind]) return false;
    return holder.kind === 'owner' || this.#anonymous + units <= anonymous;
  }

  #hasRoom({ units }: Pick<Waiting, 'units'>): boolean {
    return this.#inUse + units <= this.#options.size;
  }

  #bounded({ kind }: Holder, units: number): number {
    return Math.min(units, this.#options.each[kind]);
  }

  /** A resource that nobody uses or waits for begins again. */
  #drop(holder: Holder): void {
    this.#accounts.dropSettled(holder, this.#virtualTime);
    if (this.#inUse === 0 && this.#waiting.length === 0) this.#accounts.clear();
    if (this.#accounts.isEmpty) this.#virtualTime = 0;
  }
}
