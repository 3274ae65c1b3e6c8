import { AppError } from '../errors.ts';
import type { Payer } from '../limits/limits.ts';
import type { Verdict } from '../limits/verdict.ts';
import { clientNetwork } from './client-address.ts';
import { type Context, type Handler, routeOf } from './context.ts';
import type { Services } from './services.ts';

/** Refuses a request over its route's limit. @throws AppError 429 */
export function limitRate(services: Services): Handler {
  return async (ctx, next) => {
    const verdict = await countRequest(services, ctx);
    if (verdict?.isAllowed === false) {
      services.metrics.countRateLimited(routeOf(ctx), payerOf(ctx));
      const { limit, resetSeconds } = verdict;
      throw new AppError(
        'rate_limit_exceeded',
        `The limit of ${limit} requests is reached: try again in ${resetSeconds} s.`,
        { retryAfter: resetSeconds },
      );
    }
    await next();
  };
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
  if (verdict === undefined) return undefined;
  ctx.set('RateLimit-Limit', String(verdict.limit));
  ctx.set('RateLimit-Remaining', String(verdict.remaining));
  ctx.set('RateLimit-Reset', String(verdict.resetSeconds));
  return verdict;
}

function payerOf(ctx: Context): Payer {
  return ctx.state.principal === undefined ? 'address' : 'key';
}

function payerName({ proxies }: Services, ctx: Context): string {
  return ctx.state.principal?.id ?? clientNetwork(ctx.req, proxies);
}
