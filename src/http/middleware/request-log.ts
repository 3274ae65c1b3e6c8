import type { ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import { type State, routeOf } from '../request/context.ts';
import { requestIdOf } from '../request/request-id.ts';
import type { StageTime } from '../request/stage-times.ts';
import { traceContextOf } from '../request/trace-context.ts';
import type { Services } from '../request/services.ts';
import { whenClosed } from '../request/when-closed.ts';

/** A request as it is logged: with the pattern of its route, because the path is untrusted text. */
interface Logged {
  readonly method: string;
  readonly route: string;
  readonly stages?: readonly StageTime[] | undefined;
}

/** Logs and measures a request once, when its response has ended or broken off. */
export type WatchRequest = (response: ServerResponse, describe: () => Logged) => void;

export function requestWatch({
  log,
  metrics,
  tracer,
}: Pick<Services, 'log' | 'metrics' | 'tracer'>): WatchRequest {
  return (response, describe) => {
    const started = performance.now();
    whenClosed(response, () => {
      const milliseconds = performance.now() - started;
      const { method, route, stages = [] } = describe();
      const status = response.writableFinished ? response.statusCode : 499;
      metrics.observeRequest(method, route, status, milliseconds / 1000);
      const ms = Math.round(milliseconds * 10) / 10;
      const given = traceContextOf(response.req);
      const span = tracer?.spanOf(response.req, given);
      if (span !== undefined) {
        tracer?.end(span, { method, route, status, start: started, duration: milliseconds, stages });
      }
      const traceId = span?.traceId ?? given?.traceId;
      log.info(
        {
          method,
          route,
          status,
          ms,
          request_id: requestIdOf(response.req),
          ...(traceId !== undefined && { trace_id: traceId }),
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
    watch(ctx.res, () => ({
      method: ctx.method,
      route: routeOf(ctx),
      stages: ctx.state.times?.stages,
    }));
    return next();
  };
}
