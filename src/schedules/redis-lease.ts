import { randomUUID } from 'node:crypto';
import type { Lease } from './lease.ts';

/** How long the lease lasts unless it is renewed. */
export const LEASE_MS = 30_000;
/** So long before its end it is no longer relied on. */
const MARGIN_MS = 5_000;

const HOLD = `local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end
return 1`;

/** A Redis that may be unreachable. */
export interface LeaseRedis {
  readonly isReady: boolean;
  readonly eval: (
    script: string,
    args: { readonly keys: string[]; readonly arguments: string[] },
  ) => Promise<unknown>;
}

/** A lease in the Redis that instances share. While Redis is unreachable, its holder keeps it until it expires, and no other instance can take it. */
export class RedisLease implements Lease {
  readonly #redis: LeaseRedis;
  readonly #key: string;
  readonly #clock: () => number;
  readonly #holder = randomUUID();
  #until = -Infinity;

  /**
   * @param key equal for the instances of one deployment alone
   * @param clock milliseconds, never going back
   */
  constructor(redis: LeaseRedis, key: string, clock = () => performance.now()) {
    this.#redis = redis;
    this.#key = key;
    this.#clock = clock;
  }

  async hold(): Promise<boolean> {
    const asked = this.#clock();
    if (this.#redis.isReady) {
      const reply = await this.#eval(HOLD, String(LEASE_MS));
      if (reply === 1) this.#until = asked + LEASE_MS - MARGIN_MS;
      if (reply === 0) this.#until = -Infinity;
    }
    return this.#clock() < this.#until;
  }

  async release(): Promise<void> {
    if (this.#until === -Infinity) return;
    this.#until = -Infinity;
    await this.#eval(RELEASE);
  }

  /** @returns undefined where Redis fails */
  async #eval(script: string, ...more: readonly string[]): Promise<unknown> {
    return this.#redis
      .eval(script, { keys: [this.#key], arguments: [this.#holder, ...more] })
      .catch(() => undefined);
  }
}
