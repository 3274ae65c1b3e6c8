import { unavailable } from '../errors.ts';

/** What there is to share out, and what becomes of those who find it taken. */
export interface SlotOptions {
  /** Slots in all. */
  readonly count: number;
  /** How long one waits for a turn. */
  readonly waitMs: number;
  /** How many may wait; whoever comes then is turned away at once. */
  readonly maxWaiting: number;
  /** The sentence for those turned away. */
  readonly refusal: string;
}

export interface Turn {
  /** Slots the work takes; more than there are counts as all of them. */
  readonly weight?: number;
  /** Aborts when nobody waits for the work any more: its place in the queue is then free. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly weight: number;
  readonly begin: () => void;
}

/** Lets so much be done at once; the next ones wait a little for their turn, first come, first served. */
export class Slots {
  readonly #options: SlotOptions;
  #free: number;
  #waiting: readonly Waiting[] = [];

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#free = options.count;
  }

  /**
   * Runs `work` in its turn.
   * @throws AppError `unavailable` when that does not come in time; the signal's reason when it aborts before
   */
  async within<T>(work: () => Promise<T>, { weight: wanted = 1, signal }: Turn = {}): Promise<T> {
    const weight = Math.min(wanted, this.#options.count);
    if (this.#waiting.length === 0 && weight <= this.#free) this.#free -= weight;
    else await this.#turn(weight, signal);
    try {
      return await work();
    } finally {
      this.#free += weight;
      this.#handOn();
    }
  }

  /** Settles with the slots taken. */
  async #turn(weight: number, signal: AbortSignal | undefined): Promise<void> {
    const { waitMs, maxWaiting, refusal } = this.#options;
    if (this.#waiting.length >= maxWaiting) throw unavailable(refusal);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = (reason: unknown): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        settle();
        reject(reason instanceof Error ? reason : new Error('aborted'));
        // The one behind may want less than the one who left.
        this.#handOn();
      };
      const onAbort = (): void => leave(signal?.reason);
      const timer = setTimeout(() => leave(unavailable(refusal)), waitMs);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        weight,
        begin: () => {
          settle();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting = [...this.#waiting, waiting];
    });
  }

  #handOn(): void {
    for (const { weight, begin } of this.#waiting) {
      if (weight > this.#free) return;
      this.#free -= weight;
      this.#waiting = this.#waiting.slice(1);
      begin();
    }
  }
}
