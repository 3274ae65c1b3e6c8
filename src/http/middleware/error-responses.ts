import type { Middleware } from 'koa';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError } from '../../errors.ts';
import type { State } from '../request/context.ts';
import { requestIdOf } from '../request/request-id.ts';
import type { Services } from '../request/services.ts';
import { errorBody, errorHeaders } from '../response/error-response.ts';

/** The one place where errors become responses. */
export function errorResponses({ log }: Services): Middleware<State> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // A client that has left reads no response, and what its leaving broke is not logged as a failure.
      if (!ctx.writable) return;
      const known = asAppError(error);
      if (known.status >= 500) {
        const failure = failureName(error);
        log.error({ failure, request_id: requestIdOf(ctx.req) }, known.message);
      }
      ctx.status = known.status;
      ctx.set(errorHeaders(known));
      ctx.body = errorBody(known);
    }
  };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal_error', 'Something went wrong on our side.', { cause: error });
}
