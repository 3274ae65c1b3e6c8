import { LRUCache } from 'lru-cache';
import { RateLimiterCompatibleAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** How many requests (`points`) fit into a window of `duration` seconds, and the prefix of its keys. */
export interface WindowOptions {
  readonly keyPrefix: string;
  readonly points: number;
  readonly duration: number;
}

interface Count {
  consumed: number;
  /** Milliseconds of the monotonic clock: setting the system clock does not change a window. */
  readonly endsAt: number;
}

/**
 * Counts in this process, for a bounded number of rate-limit subjects: beyond it the least recently seen is forgotten. (The
 * library's own limiter in memory keeps all of them, with a timer each.)
 */
export class BoundedMemory extends RateLimiterCompatibleAbstract {
  override readonly keyPrefix: string;
  override blockDuration = 0;
  override execEvenly = false;
  readonly #points: number;
  readonly #durationMs: number;
  readonly #counts: LRUCache<string | number, Count>;

  /** @param subjects how many are counted */
  constructor({ keyPrefix, points, duration }: WindowOptions, subjects: number) {
    super();
    this.keyPrefix = keyPrefix;
    this.#points = points;
    this.#durationMs = duration * 1000;
    // With `max` instead it would allocate for that many at once.
    this.#counts = new LRUCache({ maxSize: subjects, sizeCalculation: () => 1 });
  }

  /** Counts; rejects with the result when the window is full, as the library's limiters do. */
  override async consume(subject: string | number, points = 1): Promise<RateLimiterRes> {
    const result = this.#add(subject, points);
    return result.consumedPoints > this.#points ? Promise.reject(result) : result;
  }

  override async penalty(subject: string | number, points = 1): Promise<RateLimiterRes> {
    return this.#add(subject, points);
  }

  override async reward(subject: string | number, points = 1): Promise<RateLimiterRes> {
    return this.#add(subject, -points);
  }

  #add(subject: string | number, points: number): RateLimiterRes {
    const now = Math.floor(performance.now());
    let count = this.#counts.get(subject);
    if (count === undefined || count.endsAt <= now) {
      count = { consumed: 0, endsAt: now + this.#durationMs };
      this.#counts.set(subject, count);
    }
    count.consumed += points;
    const remaining = Math.max(0, this.#points - count.consumed);
    return new RateLimiterRes(remaining, count.endsAt - now, count.consumed, count.consumed === points);
  }
}
