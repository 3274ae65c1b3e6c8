import type { AppError, ErrorCode } from '../../errors.ts';

/** The body of every error response. */
export interface ErrorBody {
  readonly error: string;
  readonly code: ErrorCode;
  readonly field?: string;
  readonly details?: readonly unknown[];
}

/** Shapes an error for the wire. */
export function errorBody({ message, code, field, details }: AppError): ErrorBody {
  return {
    error: message,
    code,
    ...(field === undefined ? {} : { field }),
    ...(details === undefined ? {} : { details }),
  };
}

/** The headers that tell a client and its caches what to do about an error. */
export function errorHeaders({ status, retryAfter }: AppError): Readonly<Record<string, string>> {
  return {
    'Cache-Control': 'no-store',
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  };
}
