import { AppError } from '../errors.ts';
import type { Decision } from './decision.ts';
import { type RateLimitSubject, WRONG_KEYS } from './allowances.ts';
import type { RateLimitWindows } from './rate-limit-windows.ts';

/** A request as far as rate limits see it. */
export interface LimitedRequest {
  readonly method: string;
  /** The pattern of its route. */
  readonly route: string;
  readonly subject: RateLimitSubject;
  /** Whether its key has no limits. */
  readonly isUnlimited: boolean;
  readonly setHeader: (name: string, value: string) => void;
}

/** Counts a refused request, for the metrics. */
export type OnRefusal = (request: LimitedRequest) => void;

/** Refuses requests over the limit of their route. Without `limits` nothing is limited. */
export class RateLimiter {
  readonly #limits: RateLimitWindows | undefined;
  readonly #onRefusal: OnRefusal;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(limits: RateLimitWindows | undefined, onRefusal: OnRefusal, now: () => number) {
    this.#limits = limits;
    this.#onRefusal = onRefusal;
    this.#now = now;
  }

  /** Counts a request against the limit of its route. @throws AppError 429 */
  async limit(request: LimitedRequest): Promise<void> {
    const decision = await this.#count(request);
    if (decision?.isAllowed === false)
      throw this.#refusal(request, decision, `The limit of ${decision.limit} requests is reached`);
  }

  /**
   * Counts a request that has been counted once as so many, or not at all where they do not fit.
   * @throws AppError 429
   */
  async limitAs(count: number, request: LimitedRequest): Promise<void> {
    if (request.isUnlimited || count === 1) return;
    await this.#limits?.giveBack(routeName(request), request.subject);
    const decision = await this.#count(request, { points: count });
    if (decision?.isAllowed !== false) return;
    const { limit } = decision;
    const hint = count > limit ? `send at most ${limit} at once` : undefined;
    throw this.#refusal(
      request,
      decision,
      `${count} at once do not fit the limit of ${limit} requests`,
      hint,
    );
  }

  /** Counts a request that is refused for another reason, whether the limit is reached or not. */
  async countRefused(request: LimitedRequest): Promise<void> {
    await this.#count(request, { isRefused: true });
  }

  /**
   * Counts an unknown key against the client's address, before it is looked up.
   * @returns takes it back, for a key that turns out to be valid
   * @throws AppError 429
   */
  async limitWrongKey(request: LimitedRequest): Promise<() => Promise<void>> {
    const { subject } = request;
    const decision = await this.#limits?.consume(WRONG_KEYS, subject);
    if (decision?.isAllowed === false) {
      this.#setHeaders(request, decision);
      throw this.#refusal(request, decision, `The limit of ${decision.limit} wrong keys is reached`);
    }
    return async () => this.#limits?.giveBack(WRONG_KEYS, subject);
  }

  /** @returns undefined when nothing limits the request */
  async #count(
    request: LimitedRequest,
    counted: { readonly points?: number; readonly isRefused?: boolean } = {},
  ): Promise<Decision | undefined> {
    if (request.isUnlimited) return undefined;
    const decision = await this.#limits?.consume(routeName(request), request.subject, counted);
    if (decision !== undefined) this.#setHeaders(request, decision);
    return decision;
  }

  /** Both spellings that clients read: seconds until the window ends, and the Unix time in seconds at which it does. */
  #setHeaders({ setHeader }: LimitedRequest, { limit, remaining, resetSeconds }: Decision): void {
    const resetsAt = Math.ceil(this.#now() / 1_000) + resetSeconds;
    for (const [prefix, reset] of [
      ['', resetSeconds],
      ['X-', resetsAt],
    ] as const) {
      setHeader(`${prefix}RateLimit-Limit`, String(limit));
      setHeader(`${prefix}RateLimit-Remaining`, String(remaining));
      setHeader(`${prefix}RateLimit-Reset`, String(reset));
    }
  }

  #refusal(
    request: LimitedRequest,
    { resetSeconds }: Decision,
    message: string,
    hint = `try again in ${resetSeconds} s`,
  ): AppError {
    this.#onRefusal(request);
    return new AppError('rate_limit_exceeded', `${message}: ${hint}.`, { retryAfter: resetSeconds });
  }
}

/** By this name a route's limit is found. HEAD is counted as GET. */
export function routeName({ method, route }: Pick<LimitedRequest, 'method' | 'route'>): string {
  return `${method === 'HEAD' ? 'GET' : method} ${route}`;
}
