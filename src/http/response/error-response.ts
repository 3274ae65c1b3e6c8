import type { AppError, ErrorCode } from '../../errors.ts';

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
