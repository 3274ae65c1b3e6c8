import type { LimitedRequest, RateLimiter } from '../../rate-limit/rate-limiter.ts';
import { clientNetwork } from '../request/client-address.ts';
import { type Context, type Handler, routeOf } from '../request/context.ts';
import type { Services } from '../request/services.ts';

/** Refuses a request over the rate limit of its route. @throws AppError 429 */
export function limitRate(services: Pick<Services, 'proxies'>, limiter: RateLimiter): Handler {
  return async (ctx, next) => {
    const request = limitedRequest(services, ctx);
    await limiter.limit(request);
    ctx.state.limitAs = (count) => limiter.limitAs(count, request);
    await next();
  };
}

/** A request as the rate limits see it: counted against its key, else against the network of the client's address. */
export function limitedRequest({ proxies }: Pick<Services, 'proxies'>, ctx: Context): LimitedRequest {
  const { principal } = ctx.state;
  return {
    method: ctx.method,
    route: routeOf(ctx),
    subject:
      principal === undefined
        ? { kind: 'address', name: clientNetwork(ctx.req, proxies) }
        : { kind: 'key', name: principal.id },
    isUnlimited: principal?.rateLimit === 'unlimited',
    setHeader: (name, value) => ctx.set(name, value),
  };
}
