import { type RateLimiterLike, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { BoundedMemory, type WindowOptions } from './bounded-memory.ts';
import { type Decision, type WindowState, shapeDecision } from './decision.ts';
import {
  type Allowance,
  type RateLimitSubject,
  type RouteRateLimit,
  type SubjectKind,
  WINDOW_SECONDS,
  WRONG_KEYS,
  WRONG_KEYS_A_MINUTE,
} from './allowances.ts';
import type { SharedRedis } from './shared-redis.ts';

/**
 * Subjects counted in memory, of each kind in each window. With fewer addresses than this nobody gets past a limit by
 * changing them; with more, limits by address are no protection anyway. Each takes some 200 bytes, and at most twice as
 * many are there.
 */
const SUBJECTS_IN_MEMORY = 20_000;

interface Window {
  readonly limit: number;
  readonly counter: RateLimiterLike;
}

/** The rate limits of all routes, counted in memory, or in a Redis that several instances share. */
export class RateLimitWindows {
  /** By route and kind of subject, the shortest window first. */
  readonly #windows = new Map<string, readonly Window[]>();
  /** Routes that count in the windows of another one. */
  readonly #shared = new Map<string, string>();

  /** @param limits by route; a route that is not there has none */
  constructor(limits: ReadonlyMap<string, RouteRateLimit>, redis: SharedRedis | undefined) {
    for (const [route, { key, address, sharedWith }] of limits) {
      if (sharedWith !== undefined) this.#shared.set(route, sharedWith);
      else this.#open(route, { key, address }, redis);
    }
    const wrongKeys = { points: WRONG_KEYS_A_MINUTE, duration: WINDOW_SECONDS.minute };
    this.#windows.set(`${WRONG_KEYS} address`, [
      openWindow(redis, { keyPrefix: 'spoor:wrong-keys:address:minute', ...wrongKeys }),
    ]);
  }

  #open(
    route: string,
    allowances: Readonly<Record<SubjectKind, Allowance>>,
    redis: SharedRedis | undefined,
  ): void {
    for (const [kind, allowance] of Object.entries(allowances)) {
      const windows = Object.entries(WINDOW_SECONDS).map(([name, duration]) => {
        const points = name === 'minute' ? allowance.minute : allowance.day;
        return openWindow(redis, { keyPrefix: `spoor:${route}:${kind}:${name}`, points, duration });
      });
      this.#windows.set(`${route} ${kind}`, windows);
    }
  }

  #windowsOf(route: string, kind: SubjectKind): readonly Window[] | undefined {
    return this.#windows.get(`${this.#shared.get(route) ?? route} ${kind}`);
  }

  /**
   * Counts a request in every window, or in none when one of them is full: what is refused for it does not count.
   * @param points as how many it counts
   * @param isRefused whether the request is refused for another reason; then it counts in any case
   * @returns undefined when the route has no limit
   */
  async consume(
    route: string,
    { kind, name }: RateLimitSubject,
    { points = 1, isRefused = false }: { readonly points?: number; readonly isRefused?: boolean } = {},
  ): Promise<Decision | undefined> {
    const windows = this.#windowsOf(route, kind);
    if (windows === undefined) return undefined;
    const states: WindowState[] = [];
    for (const [place, window] of windows.entries()) {
      const { isFull, state } = await consumeOne(window, name, points);
      states.push(state);
      if (!isFull || isRefused) continue;
      for (const counted of windows.slice(0, place)) await counted.counter.reward(name, points);
      // There may be room for fewer: they are not to be refused with these.
      if (points > 1) {
        return shapeDecision(false, [stateOf(window.limit, await window.counter.reward(name, points))]);
      }
      for (const other of windows.slice(place + 1)) states.push(await readState(other, name));
      return shapeDecision(false, states);
    }
    return shapeDecision(true, states);
  }

  /** Takes back what `consume` has counted in every window. */
  async giveBack(route: string, { kind, name }: RateLimitSubject): Promise<void> {
    for (const { counter } of this.#windowsOf(route, kind) ?? []) await counter.reward(name);
  }
}

/** A window in Redis goes on in memory while Redis is unreachable. */
function openWindow(redis: SharedRedis | undefined, options: WindowOptions): Window {
  const memory = new BoundedMemory(options, SUBJECTS_IN_MEMORY);
  const shared = redis && { storeClient: redis, useRedisPackage: true, rejectIfRedisNotReady: true };
  return {
    limit: options.points,
    counter: shared ? new RateLimiterRedis({ ...options, ...shared, insuranceLimiter: memory }) : memory,
  };
}

async function consumeOne(
  { limit, counter }: Window,
  name: string,
  points: number,
): Promise<{ readonly isFull: boolean; readonly state: WindowState }> {
  try {
    return { isFull: false, state: stateOf(limit, await counter.consume(name, points)) };
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return { isFull: true, state: stateOf(limit, refusal) };
  }
}

/** `get` would take a transaction in Redis; a penalty of nothing reads just as well. */
async function readState({ limit, counter }: Window, name: string): Promise<WindowState> {
  return stateOf(limit, await counter.penalty(name, 0));
}

function stateOf(limit: number, { remainingPoints, msBeforeNext }: RateLimiterRes): WindowState {
  return { limit, remaining: remainingPoints, endsInMs: msBeforeNext };
}
