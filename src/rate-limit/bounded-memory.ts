import QuickLRU from 'quick-lru';
import { RateLimiterCompatibleAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** How many requests fit into a window of so many seconds, and what it is called where several are kept. */
export interface WindowOptions {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
}

interface Count {
  consumed: number;
  /** Milliseconds of a clock that never goes back: a window that lasts a minute does so whatever is done to the clock. */
  readonly endsAt: number;
}

/**
 * Counts in this process, for a bounded number of payers: past that, whoever was quiet longest is forgotten. (The
 * limiter in memory that comes with the library keeps everybody, with a timer each.)
 */
export class BoundedMemory extends RateLimiterCompatibleAbstract {
  override readonly keyPrefix: string;
  override blockDuration = 0;
  override execEvenly = false;
  readonly #points: number;
  readonly #durationMs: number;
  readonly #counts: QuickLRU<string | number, Count>;

  /** @param payers how many are remembered at least; at most twice as many are */
  constructor({ keyPrefix, points, duration }: WindowOptions, payers: number) {
    super();
    this.keyPrefix = keyPrefix;
    this.#points = points;
    this.#durationMs = duration * 1000;
    this.#counts = new QuickLRU({ maxSize: payers });
  }

  /** Counts; rejects with the result when the window is full, as the library's limiters do. */
  override async consume(payer: string | number, points = 1): Promise<RateLimiterRes> {
    const result = this.#add(payer, points);
    return result.consumedPoints > this.#points ? Promise.reject(result) : result;
  }

  override async penalty(payer: string | number, points = 1): Promise<RateLimiterRes> {
    return this.#add(payer, points);
  }

  override async reward(payer: string | number, points = 1): Promise<RateLimiterRes> {
    return this.#add(payer, -points);
  }

  #add(payer: string | number, points: number): RateLimiterRes {
    const now = Math.floor(performance.now());
    let count = this.#counts.get(payer);
    if (count === undefined || count.endsAt <= now) {
      count = { consumed: 0, endsAt: now + this.#durationMs };
      this.#counts.set(payer, count);
    }
    count.consumed += points;
    const remaining = Math.max(0, this.#points - count.consumed);
    return new RateLimiterRes(remaining, count.endsAt - now, count.consumed, count.consumed === points);
  }
}
