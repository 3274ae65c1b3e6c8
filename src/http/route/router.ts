import { Router } from '@koa/router';
import type { RouteRateLimit } from '../../rate-limit/allowances.ts';
import { routeName } from '../../rate-limit/rate-limiter.ts';
import type { Handler, State } from '../request/context.ts';
import type { Services } from '../request/services.ts';
import type { Route } from './route.ts';

/**
 * A router of these routes.
 * @param middleware runs before the checks of every route
 */
export function createRouter(
  routes: readonly Route[],
  services: Services,
  middleware: readonly Handler[],
): Router<State> {
  const router = new Router<State>({ strict: true, sensitive: true });
  router.use(...middleware);
  for (const route of routes) {
    const handle = route.open(services);
    router.register(patternOf(route), [route.method], (ctx) => handle(ctx));
  }
  return router;
}

/** The rate limits of these routes by their names. */
export function rateLimitsOf(routes: readonly Route[]): ReadonlyMap<string, RouteRateLimit> {
  const limits = new Map<string, RouteRateLimit>();
  for (const route of routes) {
    const { method, rateLimit } = route;
    const name = routeName({ method: method.toUpperCase(), route: patternOf(route) });
    if (rateLimit !== undefined) limits.set(name, rateLimit);
  }
  return limits;
}

/** The path as the router, the metrics and the log write it: `/api/v1/urls/:short_code`. */
export function patternOf({ path }: Pick<Route, 'path'>): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
