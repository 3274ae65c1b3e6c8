import { type RateLimiterLike, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { BoundedMemory, type WindowOptions } from './bounded-memory.ts';
import { type Payer, ROUTE_LIMITS, WINDOW_SECONDS, WRONG_KEYS, WRONG_KEYS_A_MINUTE } from './limits.ts';
import type { SharedRedis } from './shared-redis.ts';
import { type Verdict, type WindowState, shapeVerdict } from './decision.ts';

/**
 * Payers remembered in memory, of each kind in each window. With fewer addresses than this nobody gets past a limit by
 * changing them; with more, the limits by address are no wall anyway. Each takes some 200 bytes, and at most twice as
 * many are there.
 */
const PAYERS_IN_MEMORY = 20_000;

interface Window {
  readonly limit: number;
  readonly counter: RateLimiterLike;
}

/** The rate limits of all routes, counted in memory, or in a Redis that several instances share. */
export class RateLimits {
  /** By route and kind of payer, the shortest window first. */
  readonly #windows = new Map<string, readonly Window[]>();

  constructor(redis: SharedRedis | undefined) {
    for (const [route, allowances] of Object.entries(ROUTE_LIMITS)) {
      for (const [payer, allowance] of Object.entries(allowances)) {
        const windows = Object.entries(WINDOW_SECONDS).map(([name, duration]) => {
          const points = name === 'minute' ? allowance.minute : allowance.day;
          return openWindow(redis, { keyPrefix: `spoor:${route}:${payer}:${name}`, points, duration });
        });
        this.#windows.set(`${route} ${payer}`, windows);
      }
    }
    const wrongKeys = { points: WRONG_KEYS_A_MINUTE, duration: WINDOW_SECONDS.minute };
    this.#windows.set(`${WRONG_KEYS} address`, [
      openWindow(redis, { keyPrefix: 'spoor:wrong-keys:address:minute', ...wrongKeys }),
    ]);
  }

  /**
   * Counts a request in every window, or in none when one of them is full: what is refused for it does not count.
   * @param name the key's id or the client's address
   * @param isAnswered whether something other than this limit decides on the answer; then it counts in any case
   * @returns undefined when the route has no limit
   */
  async spend(route: string, payer: Payer, name: string, isAnswered = false): Promise<Verdict | undefined> {
    const windows = this.#windows.get(`${route} ${payer}`);
    if (windows === undefined) return undefined;
    const states: WindowState[] = [];
    for (const [place, window] of windows.entries()) {
      const { isFull, state } = await consume(window, name);
      states.push(state);
      if (!isFull || isAnswered) continue;
      for (const counted of windows.slice(0, place)) await counted.counter.reward(name);
      for (const other of windows.slice(place + 1)) states.push(await read(other, name));
      return shapeVerdict(false, states);
    }
    return shapeVerdict(true, states);
  }

  /** Takes back what `spend` has counted in every window. */
  async giveBack(route: string, payer: Payer, name: string): Promise<void> {
    for (const { counter } of this.#windows.get(`${route} ${payer}`) ?? []) await counter.reward(name);
  }
}

/** A window in Redis goes on in memory for as long as Redis is away. */
function openWindow(redis: SharedRedis | undefined, options: WindowOptions): Window {
  const memory = new BoundedMemory(options, PAYERS_IN_MEMORY);
  const shared = redis && { storeClient: redis, useRedisPackage: true, rejectIfRedisNotReady: true };
  return {
    limit: options.points,
    counter: shared ? new RateLimiterRedis({ ...options, ...shared, insuranceLimiter: memory }) : memory,
  };
}

async function consume(
  { limit, counter }: Window,
  name: string,
): Promise<{ readonly isFull: boolean; readonly state: WindowState }> {
  try {
    return { isFull: false, state: stateOf(limit, await counter.consume(name)) };
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return { isFull: true, state: stateOf(limit, refusal) };
  }
}

/** `get` would take a transaction in Redis; a penalty of nothing reads just as well. */
async function read({ limit, counter }: Window, name: string): Promise<WindowState> {
  return stateOf(limit, await counter.penalty(name, 0));
}

function stateOf(limit: number, { remainingPoints, msBeforeNext }: RateLimiterRes): WindowState {
  return { limit, remaining: remainingPoints, endsInMs: msBeforeNext };
}
