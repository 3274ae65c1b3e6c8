import type { Middleware } from 'koa';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError } from '../../errors.ts';
import type { State } from '../request/context.ts';
import type { Services } from '../request/services.ts';

/** The one place where errors become answers. */
export function errorAnswers({ log }: Services): Middleware<State> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      // A client that has left waits for no answer, and what its leaving broke is no fault of ours.
      if (!ctx.writable) return;
      const known = asAppError(error);
      if (known.status >= 500) log.error({ failure: failureName(error) }, known.message);
      ctx.status = known.status;
      ctx.set('Cache-Control', 'no-store');
      if (known.retryAfter !== undefined) ctx.set('Retry-After', String(known.retryAfter));
      if (known.status === 401) ctx.set('WWW-Authenticate', 'Bearer');
      ctx.body = {
        error: known.message,
        code: known.code,
        ...(known.field === undefined ? {} : { field: known.field }),
        ...(known.details === undefined ? {} : { details: known.details }),
      };
    }
  };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal_error', 'Something went wrong on our side.', { cause: error });
}
