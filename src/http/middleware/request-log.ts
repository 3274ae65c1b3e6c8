import type { ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import { type State, routeOf } from '../request/context.ts';
import { requestIdOf } from '../request/request-id.ts';
import { traceContextOf } from '../request/trace-context.ts';
import type { Services } from '../request/services.ts';

/** A request as it is logged: with the pattern of its route, because the path is untrusted text. */
interface Logged {
  readonly method: string;
  readonly route: string;
}

/** Logs and measures a request once, when its response has ended or broken off. */
export type WatchRequest = (response: ServerResponse, describe: () => Logged) => void;

export function requestWatch({ log, metrics }: Pick<Services, 'log' | 'metrics'>): WatchRequest {
  return (response, describe) => {
    const started = performance.now();
    let isSent = false;
    response.once('finish', () => (isSent = true));
    response.once('close', () => {
      const milliseconds = performance.now() - started;
      const { method, route } = describe();
      const status = isSent ? response.statusCode : 499;
      metrics.observeRequest(method, route, status, milliseconds / 1000);
      const ms = Math.round(milliseconds * 10) / 10;
      const trace = traceContextOf(response.req);
      log.info(
        {
          method,
          route,
          status,
          ms,
          request_id: requestIdOf(response.req),
          ...(trace && { trace_id: trace.traceId }),
        },
        'request',
      );
    });
  };
}

/** Logs each request that comes to Koa. */
export function requestLog(services: Services): Middleware<State> {
  const watch = requestWatch(services);
  return (ctx, next) => {
    watch(ctx.res, () => ({ method: ctx.method, route: routeOf(ctx) }));
    return next();
  };
}
