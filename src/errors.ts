/**
 * The closed set of error codes that a client can see, with the HTTP status each one has.
 * `validation_error` is 400 for a value that does not fit and 422 for one outside a closed set.
 */
export const ERROR_STATUS = {
  validation_error: 400,
  authentication_error: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limit_exceeded: 429,
  internal_error: 500,
  unavailable: 503,
  query_timeout: 504,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

interface AppErrorOptions {
  readonly status?: number;
  /** The parameter or body field that is wrong. */
  readonly field?: string | undefined;
  readonly details?: readonly unknown[];
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfter?: number;
  /** For the log's error class only; its message never reaches a log or a client. */
  readonly cause?: unknown;
}

/** An error whose message is meant for the client: one sentence, without secrets, SQL or paths. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly field: string | undefined;
  readonly details: readonly unknown[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = options.status ?? ERROR_STATUS[code];
    this.field = options.field;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }
}

/** A value of the right form that does not fit (400). */
export function invalid(field: string, message: string): AppError {
  return new AppError('validation_error', message, { field });
}

/** A value outside the closed set its parameter names (422). */
export function notOneOf(field: string, allowed: readonly string[]): AppError {
  return new AppError('validation_error', `${field} must be one of: ${allowed.join(', ')}.`, {
    status: 422,
    field,
  });
}

/** ClickHouse cannot answer now; worth another try in a few seconds. */
export function unavailable(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', message, { retryAfter: 2, cause });
}

/** Marks a union's end: the compiler refuses a call that can be reached. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${String(value)}`);
}

/** What went wrong, in words fit for a person at a terminal. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
