import type { Logger } from 'pino';
import { failureName } from '../../clickhouse/failures.ts';
import { AppError, type ErrorCode } from '../../errors.ts';

/** The body of every error response. */
export interface ErrorBody {
  readonly error: string;
  readonly code: ErrorCode;
  /** The same, by the name that other clients read. */
  readonly error_code: ErrorCode;
  readonly field?: string;
  readonly details?: readonly unknown[];
}

/** Shapes an error for the wire. */
export function errorBody({ message, code, field, details }: AppError): ErrorBody {
  return {
    error: message,
    code,
    error_code: code,
    ...(field === undefined ? {} : { field }),
    ...(details === undefined ? {} : { details }),
  };
}

/** The headers that tell a client and its caches what to do about an error. */
export function errorHeaders({ code, status, retryAfter }: AppError): Readonly<Record<string, string>> {
  return {
    'Cache-Control': 'no-store',
    'X-Error-Code': code,
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  };
}

/** The error response for a failure. A failure that is not the client's fault is logged. */
export function exposedError(error: unknown, log: Pick<Logger, 'error'>, requestId: string): AppError {
  const known =
    error instanceof AppError
      ? error
      : new AppError('internal_error', 'Something went wrong on our side.', { cause: error });
  if (known.status >= 500) log.error({ failure: failureName(error), request_id: requestId }, known.message);
  return known;
}
