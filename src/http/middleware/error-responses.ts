import type { Middleware } from 'koa';
import type { State } from '../request/context.ts';
import { requestIdOf } from '../request/request-id.ts';
import type { Services } from '../request/services.ts';
import { errorBody, errorHeaders, exposedError } from '../response/error-response.ts';

/** The one place where errors become responses. */
export function errorResponses({ log }: Services): Middleware<State> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // A client that has left reads no response, and what its leaving broke is not logged as a failure.
      if (!ctx.writable) return;
      const known = exposedError(error, log, requestIdOf(ctx.req));
      ctx.status = known.status;
      ctx.set(errorHeaders(known));
      ctx.body = errorBody(known);
    }
  };
}
