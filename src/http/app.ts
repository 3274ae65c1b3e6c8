import type { IncomingMessage, RequestListener } from 'node:http';
import type { Router } from '@koa/router';
import Koa from 'koa';
import { LARGE_BYTES } from '../clicks/threads/ingest-threads.ts';
import { AppError } from '../errors.ts';
import { RateLimiter } from '../rate-limit/rate-limiter.ts';
import { ROUTES } from './api/routes.ts';
import { authenticate } from './middleware/authenticate.ts';
import { cachedStats } from './middleware/cached-stats.ts';
import { errorResponses } from './middleware/error-responses.ts';
import { limitRate } from './middleware/limit-rate.ts';
import { noteChanges } from './middleware/note-changes.ts';
import { preflight } from './middleware/preflight.ts';
import { requestLog } from './middleware/request-log.ts';
import { responseHeaders } from './middleware/response-headers.ts';
import type { State } from './request/context.ts';
import type { Services } from './request/services.ts';
import { whenClosed } from './request/when-closed.ts';
import { createRouter } from './route/router.ts';

/** Handles every request, by means of `services` alone: it listens to nothing and opens nothing. */
export function createListener(services: Services): RequestListener {
  // Koa responds to every failure itself; its promise never rejects.
  const handle = createApp(services).callback();
  const listener = cachedStats(services, (request, response) => void handle(request, response));
  return (request, response) => {
    if (mayBeShort(request)) whenClosed(response, services.rightOfWay.take());
    listener(request, response);
  };
}

/** Not with a large body: that is work for the threads that give way, or waits for them. */
function mayBeShort({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) < LARGE_BYTES;
}

function createApp(services: Services): Koa<State> {
  const { metrics, rateLimits, now } = services;
  const limiter = new RateLimiter(
    rateLimits,
    ({ route, subject }) => metrics.countRateLimited(route, subject.kind),
    now,
  );
  const router = createRouter(ROUTES, services, [
    authenticate(services, limiter),
    limitRate(services, limiter),
    noteChanges(services),
  ]);
  const app = new Koa<State>();
  app.use(requestLog(services));
  app.use(responseHeaders(services.corsOrigins));
  app.use(preflight(services.corsOrigins));
  app.use(errorResponses(services));
  app.use(notRouted(router));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Errors of a connection (a client that left during a response) end here; they are logged as unfinished requests.
  app.on('error', (error: unknown) =>
    services.log.debug({ failure: error instanceof Error ? error.name : 'error' }, 'connection'),
  );
  return app;
}

/** Refuses what no route takes: 404 for an unknown path, 405 (the router has set `Allow`) for another method of a known one. */
function notRouted(router: Router<State>): Koa.Middleware<State> {
  return async (ctx, next) => {
    await next();
    if (ctx.body !== undefined) return;
    if (ctx.status === 404) throw new AppError('not_found', 'There is no such route.');
    // The router responds to an unknown method with 501, whatever the path.
    if (ctx.status === 501 && !isKnownPath(router, ctx.path))
      throw new AppError('not_found', 'There is no such route.');
    if (ctx.status === 405 || ctx.status === 501) {
      throw new AppError('method_not_allowed', 'This route does not take that method.');
    }
  };
}

function isKnownPath(router: Router<State>, path: string): boolean {
  return router.match(path, 'GET').path.some(({ methods }) => methods.length > 0);
}
