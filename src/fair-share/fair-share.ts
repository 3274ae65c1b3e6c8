import { type AppError, unavailable } from '../errors.ts';
import { type Holder, holderKey } from './holder.ts';

/** Something scarce, and how much of it anybody gets. Units are what the resource is counted in: slots, bytes. */
export interface ShareOptions {
  /** What metrics call it. */
  readonly resource: string;
  readonly size: number;
  /** The most that one holder of a kind has at once. */
  readonly each: Readonly<Record<Holder['kind'], number>>;
  /** The most that all strangers have together. */
  readonly strangers: number;
  /** Milliseconds that a request waits in the queue. */
  readonly maxWaitMs: number;
  /** Requests that may wait; of one holder a quarter of that. */
  readonly maxWaiting: number;
  /** The sentence for a request that is refused. */
  readonly refusal: string;
}

export interface ShareRequest {
  /** Units it takes; more than a holder may have counts as that. */
  readonly units?: number;
  /** What it costs in comparison to others: holders take turns by the sum of it. */
  readonly cost?: number;
  /** Aborts when nobody waits for the work any more. */
  readonly signal?: AbortSignal;
}

/** Units that are held until they are released. */
export interface Lease {
  readonly holder: Holder;
  readonly units: number;
  /** Takes more, if there is room for it now. @returns whether there was */
  readonly grow: (units: number) => boolean;
  /** Gives everything back; a second call does nothing. */
  readonly release: () => void;
}

/** What a resource is used for at a moment. */
export interface ShareState {
  readonly inUse: number;
  readonly waiting: number;
  /** Requests refused since the start. */
  readonly refused: number;
}

interface HolderState {
  readonly holder: Holder;
  inUse: number;
  waiting: number;
  /** Virtual time at which all that it has asked for so far would be done. */
  finish: number;
}

interface Waiting {
  readonly holder: Holder;
  readonly units: number;
  readonly start: number;
  readonly cost: number;
  readonly begin: (lease: Lease) => void;
}

/** Units that some holders share. */
interface Pool {
  readonly size: number;
  readonly has: (holder: Holder) => boolean;
}

/** Owners are served before strangers, in this proportion, when both wait. */
const WEIGHT = { owner: 4, stranger: 1 } as const;

/** Of all that may wait, what one holder may have waiting. */
const WAITING_EACH = 1 / 4;

/** Holders that may be remembered before those that are done are looked for. */
const SWEEP_ABOVE = 1_000;

/**
 * Shares out a scarce resource. Nobody has more than a share of it, and those who wait are served by start-time fair
 * queueing (Goyal, Vin, Cheng: SIGCOMM 1996): each holder in turn, by the cost of what it asks for, so that a flood of one
 * holder delays itself alone.
 */
export class FairShare {
  readonly #options: ShareOptions;
  readonly #holders = new Map<string, HolderState>();
  /** By virtual start. */
  readonly #waiting: Waiting[] = [];
  #inUse = 0;
  #strangers = 0;
  #virtualTime = 0;
  #refused = 0;
  #sweepAbove = SWEEP_ABOVE;

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
    return this.#holders.get(holderKey(holder))?.inUse ?? 0;
  }

  /**
   * Those who have the most of what somebody waits for that has less than an equal part of it; nobody, unless they have
   * more than an equal part themselves and would have no less than the one who waits when they gave it that.
   */
  get inTheWay(): readonly Holder[] {
    for (const waiting of this.#waiting) {
      const pool = this.#poolShortFor(waiting);
      if (pool === undefined) continue;
      const active = [...this.#holders.values()].filter(
        ({ holder, inUse, waiting }) => pool.has(holder) && inUse + waiting > 0,
      );
      const equal = pool.size / active.length;
      const held = this.heldBy(waiting.holder);
      const most = Math.max(...active.map(({ inUse }) => inUse));
      if (held >= equal || most <= equal || most - waiting.units < held + waiting.units) continue;
      return active.filter(({ inUse }) => inUse === most).map(({ holder }) => holder);
    }
    return [];
  }

  /** What has no room for a request, and who has it; undefined where its own holder's bound is what it waits for. */
  #poolShortFor(waiting: Pick<Waiting, 'holder' | 'units'>): Pool | undefined {
    const { size, strangers, each } = this.#options;
    const { holder, units } = waiting;
    if (this.heldBy(holder) + units > each[holder.kind]) return undefined;
    if (!this.#isWithinBounds(waiting)) {
      return { size: strangers, has: ({ kind }) => kind === 'stranger' };
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

  /** Units without waiting; undefined when there is no room, or when others wait for it. */
  take(holder: Holder, units = 1): Lease | undefined {
    const wanted = { holder, units: this.#bounded(holder, units) };
    if (!this.#isWithinBounds(wanted) || !this.#hasRoom(wanted)) return undefined;
    if (this.#waiting.some((waiting) => this.#isWithinBounds(waiting))) return undefined;
    return this.#lease(wanted);
  }

  /** The error for a request that cannot have what it wants, which is counted. */
  refuse(): AppError {
    this.#refused++;
    return unavailable(this.#options.refusal);
  }

  async #wait(holder: Holder, { units = 1, cost = 1, signal }: ShareRequest): Promise<Lease> {
    const { maxWaitMs, maxWaiting } = this.#options;
    signal?.throwIfAborted();
    const state = this.#stateOf(holder);
    if (this.#waiting.length >= maxWaiting || state.waiting >= maxWaiting * WAITING_EACH) {
      this.#forget(holder);
      throw this.refuse();
    }
    const start = Math.max(this.#virtualTime, state.finish);
    state.finish = start + cost / WEIGHT[holder.kind];
    state.waiting++;
    return new Promise<Lease>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        state.waiting--;
      };
      const leave = (reason: unknown): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        state.finish -= cost / WEIGHT[holder.kind];
        settle();
        this.#forget(holder);
        reject(reason instanceof Error ? reason : new Error('aborted'));
        // The one behind may want less than the one who left.
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

  /** Serves those who wait, in order; one that is at its holder's bound holds nobody else up. */
  #serve(): void {
    for (let place = 0; place < this.#waiting.length;) {
      const waiting = this.#waiting[place];
      if (waiting === undefined) return;
      if (!this.#isWithinBounds(waiting)) {
        place++;
        continue;
      }
      // The next one might want less, and so would the one after it: a large one would never be served.
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
        this.#forget(holder);
        this.#serve();
      },
    };
  }

  #count(holder: Holder, units: number): void {
    this.#inUse += units;
    this.#stateOf(holder).inUse += units;
    if (holder.kind === 'stranger') this.#strangers += units;
  }

  #isWithinBounds({ holder, units }: Pick<Waiting, 'holder' | 'units'>): boolean {
    const { each, strangers } = this.#options;
    if (this.heldBy(holder) + units > each[holder.kind]) return false;
    return holder.kind === 'owner' || this.#strangers + units <= strangers;
  }

  #hasRoom({ units }: Pick<Waiting, 'units'>): boolean {
    return this.#inUse + units <= this.#options.size;
  }

  #bounded({ kind }: Holder, units: number): number {
    return Math.min(units, this.#options.each[kind]);
  }

  #stateOf(holder: Holder): HolderState {
    const key = holderKey(holder);
    let state = this.#holders.get(key);
    if (state === undefined) this.#holders.set(key, (state = { holder, inUse: 0, waiting: 0, finish: 0 }));
    return state;
  }

  /**
   * Keeps nothing of a holder that has nothing and wants nothing, once its turn by cost has come: forgotten earlier, one
   * that asks for one dear thing after another would never be behind those who ask for cheap ones.
   */
  #forget(holder: Holder): void {
    if (this.#isSpent(this.#stateOf(holder))) this.#holders.delete(holderKey(holder));
    if (this.#inUse === 0 && this.#waiting.length === 0) this.#holders.clear();
    if (this.#holders.size > this.#sweepAbove) {
      for (const [key, state] of this.#holders) if (this.#isSpent(state)) this.#holders.delete(key);
      this.#sweepAbove = 2 * this.#holders.size + SWEEP_ABOVE;
    }
    if (this.#holders.size === 0) this.#virtualTime = 0;
  }

  #isSpent({ inUse, waiting, finish }: HolderState): boolean {
    return inUse === 0 && waiting === 0 && finish <= this.#virtualTime;
  }
}
