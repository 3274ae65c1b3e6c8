import type { RequestListener } from 'node:http';
import { Router } from '@koa/router';
import Koa from 'koa';
import { AppError, invalid } from '../errors.ts';
import { authenticate } from './middleware/authenticate.ts';
import { noteChanges } from './request/changes.ts';
import type { Handler, State } from './request/context.ts';
import { cachedStats } from './middleware/cached-stats.ts';
import { crossOrigin, securityHeaders } from './middleware/response-headers.ts';
import { errorAnswers } from './middleware/error-responses.ts';
import { limitRate } from '../rate-limit/middleware.ts';
import { requestLog } from './middleware/request-log.ts';
import { backupRoutes } from './api/backup.ts';
import { clickRoutes } from './api/clicks.ts';
import { controlRoutes } from './api/control.ts';
import { dashboardRoutes } from './api/dashboard.ts';
import { docsRoutes } from './api/docs.ts';
import { eraseRoutes } from './api/erase.ts';
import { exportRoutes } from './api/export.ts';
import { healthRoutes } from './api/health.ts';
import { keyRoutes } from './api/keys.ts';
import { statsRoutes } from './api/stats.ts';
import { urlRoutes } from './api/urls.ts';
import type { Services } from './request/services.ts';

/** Every route there is. */
export function createRouter(services: Services): Router<State> {
  const router = new Router<State>({ strict: true, sensitive: true });
  router.use(authenticate(services));
  router.use(limitRate(services));
  router.use(countedParameters);
  router.use(decodedParameters);
  router.use(noteChanges(services));
  healthRoutes(router, services);
  statsRoutes(router, services);
  exportRoutes(router, services);
  clickRoutes(router, services);
  eraseRoutes(router, services);
  urlRoutes(router, services);
  keyRoutes(router, services);
  controlRoutes(router, services);
  backupRoutes(router, services);
  dashboardRoutes(router);
  docsRoutes(router);
  return router;
}

/** What answers every request. It listens to nothing and opens nothing; what it does it does through `services`. */
export function createListener(services: Services): RequestListener {
  // Koa answers every failure itself; its promise never rejects.
  const handle = createApp(services).callback();
  return cachedStats(services, (request, response) => void handle(request, response));
}

function createApp(services: Services): Koa<State> {
  const router = createRouter(services);
  const app = new Koa<State>();
  app.use(requestLog(services));
  app.use(securityHeaders());
  if (services.corsOrigins.length > 0) app.use(crossOrigin(services.corsOrigins));
  app.use(errorAnswers(services));
  app.use(notRouted(router));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Errors of a connection (a client that left in mid-answer) end here; they are logged as unfinished requests.
  app.on('error', (error: unknown) =>
    services.log.debug({ failure: error instanceof Error ? error.name : 'error' }, 'connection'),
  );
  return app;
}

/** Node reads so many parameters and drops the others without a word, which would make another question of this one. */
const MAX_PARAMETERS = 1_000;

const countedParameters: Handler = async (ctx, next) => {
  if (ctx.querystring.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) {
    throw new AppError('validation_error', `A request takes at most ${MAX_PARAMETERS} parameters.`);
  }
  await next();
};

/** Node decodes bytes that are not UTF-8 to U+FFFD, all alike, which would make another question of this one. */
const decodedParameters: Handler = async (ctx, next) => {
  const wrong = ctx.querystring.split('&').find((parameter) => !isUtf8(parameter));
  if (wrong !== undefined) {
    const [name = ''] = wrong.split('=', 1);
    throw invalid(name, `The parameter ${name} is not percent-encoded UTF-8.`);
  }
  await next();
};

/** A `%` that begins no escape stands for itself. */
function isUtf8(percentEncoded: string): boolean {
  if (!percentEncoded.includes('%')) return true;
  try {
    for (const [bytes] of percentEncoded.matchAll(/(?:%[0-9a-f]{2})+/gi)) decodeURIComponent(bytes);
    return true;
  } catch {
    return false;
  }
}

/** What no route has taken: 404 for an unknown path, 405 (the router has set `Allow`) for another method of a known one. */
function notRouted(router: Router<State>): Koa.Middleware<State> {
  return async (ctx, next) => {
    await next();
    if (ctx.body !== undefined) return;
    if (ctx.status === 404) throw new AppError('not_found', 'There is no such route.');
    // The router answers a method it never heard of with 501, whatever the path.
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
