import { AppError } from '../errors.ts';
import { type Payer, WRONG_KEYS } from './limits.ts';
import type { Verdict } from './decision.ts';
import { clientNetwork } from '../http/request/client-address.ts';
import { type Context, type Handler, routeOf } from '../http/request/context.ts';
import type { Services } from '../http/request/services.ts';

/** Refuses a request over its route's limit. @throws AppError 429 */
export function limitRate(services: Services): Handler {
  return async (ctx, next) => {
    const verdict = await countRequest(services, ctx);
    if (verdict?.isAllowed === false) throw refusal(services, ctx, verdict, 'requests');
    await next();
  };
}

/**
 * Counts a key that is not known against the client's address, before it is looked up.
 * @returns takes it back, for a key that turns out to hold
 * @throws AppError 429
 */
export async function countWrongKey(services: Services, ctx: Context): Promise<() => Promise<void>> {
  const name = payerName(services, ctx);
  const verdict = await services.rateLimits?.spend(WRONG_KEYS, 'address', name);
  if (verdict?.isAllowed === false) {
    tell(ctx, verdict);
    throw refusal(services, ctx, verdict, 'wrong keys');
  }
  return async () => services.rateLimits?.giveBack(WRONG_KEYS, 'address', name);
}

function refusal({ metrics }: Services, ctx: Context, verdict: Verdict, what: string): AppError {
  metrics.countRateLimited(routeOf(ctx), payerOf(ctx));
  const { limit, resetSeconds } = verdict;
  return new AppError(
    'rate_limit_exceeded',
    `The limit of ${limit} ${what} is reached: try again in ${resetSeconds} s.`,
    { retryAfter: resetSeconds },
  );
}

/**
 * Counts a request against its key, or without one that holds against the client's address, and tells the client how
 * it stands.
 * @param isAnswered whether something other than the limit decides on the answer
 * @returns undefined when nothing limits the request
 */
export async function countRequest(
  services: Services,
  ctx: Context,
  isAnswered = false,
): Promise<Verdict | undefined> {
  const { rateLimits } = services;
  if (ctx.state.principal?.rateLimit === 'unlimited') return undefined;
  const verdict = await rateLimits?.spend(routeOf(ctx), payerOf(ctx), payerName(services, ctx), isAnswered);
  if (verdict !== undefined) tell(ctx, verdict);
  return verdict;
}

function tell(ctx: Context, { limit, remaining, resetSeconds }: Verdict): void {
  ctx.set('RateLimit-Limit', String(limit));
  ctx.set('RateLimit-Remaining', String(remaining));
  ctx.set('RateLimit-Reset', String(resetSeconds));
}

function payerOf(ctx: Context): Payer {
  return ctx.state.principal === undefined ? 'address' : 'key';
}

function payerName({ proxies }: Services, ctx: Context): string {
  return ctx.state.principal?.id ?? clientNetwork(ctx.req, proxies);
}
