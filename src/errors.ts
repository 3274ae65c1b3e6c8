import type { z } from 'zod';

/** What a client can be told of an error code. */
interface ErrorEntry {
  /** The HTTP status, unless the error says another. */
  readonly status: number;
  /** When a client gets it. */
  readonly meaning: string;
  /** `later`: the same request can succeed after `Retry-After` seconds; `never`: it has to change first. */
  readonly retry: 'later' | 'never';
  /** One of its messages, with the field that it names. */
  readonly example: { readonly error: string; readonly field?: string };
}

/** The closed set of error codes. `validation_error` is 422 where a value is outside a closed set. */
export const ERRORS = {
  validation_error: {
    status: 400,
    meaning: 'A value is invalid; `field` names it.',
    retry: 'never',
    example: {
      error: 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.',
      field: 'timezone',
    },
  },
  authentication_error: {
    status: 401,
    meaning: 'A key is needed, or the one sent is unknown, expired or revoked.',
    retry: 'never',
    example: { error: 'The API key is unknown, expired or revoked.' },
  },
  forbidden: {
    status: 403,
    meaning: 'The key lacks the scope, or the URL belongs to another owner.',
    retry: 'never',
    example: { error: 'The key lacks the scope: it needs stats:read or urls:read or admin:all.' },
  },
  not_found: {
    status: 404,
    meaning: 'There is no such resource or route; `field` names what was looked up.',
    retry: 'never',
    example: { error: 'There is no such URL.', field: 'short_code' },
  },
  method_not_allowed: {
    status: 405,
    meaning: 'The route does not take that method; `Allow` names those it takes.',
    retry: 'never',
    example: { error: 'This route does not take that method.' },
  },
  conflict: {
    status: 409,
    meaning: 'The request contradicts what is stored.',
    retry: 'never',
    example: { error: 'The URL has another owner, and an owner does not change.', field: 'owner_id' },
  },
  idempotency_conflict: {
    status: 409,
    meaning: 'The `Idempotency-Key` was used before, with another body.',
    retry: 'never',
    example: {
      error: 'This Idempotency-Key came with another body before.',
      field: 'Idempotency-Key',
    },
  },
  payload_too_large: {
    status: 413,
    meaning: 'The body is larger than the route takes.',
    retry: 'never',
    example: { error: 'The body is larger than 64 MiB: send it in parts.' },
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The route does not take this `Content-Type` or `Content-Encoding`.',
    retry: 'never',
    example: { error: 'Content-Type must be one of: application/x-ndjson, application/json.' },
  },
  rate_limit_exceeded: {
    status: 429,
    meaning: 'The rate limit is reached; try again after `Retry-After` seconds.',
    retry: 'later',
    example: { error: 'The limit of 60 requests is reached: try again in 17 s.' },
  },
  internal_error: {
    status: 500,
    meaning: "A bug in Spoor; the log has the request's id.",
    retry: 'never',
    example: { error: 'Something went wrong on our side.' },
  },
  unavailable: {
    status: 503,
    meaning:
      'ClickHouse is unreachable or full, or too many requests run at once; try again after `Retry-After` seconds.',
    retry: 'later',
    example: { error: 'ClickHouse is unreachable.' },
  },
  query_timeout: {
    status: 504,
    meaning: 'The query took ClickHouse too long: ask for less.',
    retry: 'never',
    example: { error: 'The query took too long: narrow the range or ask for fewer dimensions.' },
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof ERRORS;

/** Those that an error can have in place of its code's, where HTTP has one that says more. */
type OtherStatus = 408 | 410 | 416 | 422 | 431 | 501;

/** The statuses that errors come with. */
export type ErrorStatus = (typeof ERRORS)[ErrorCode]['status'] | OtherStatus;

interface AppErrorOptions {
  /** In place of its code's. */
  readonly status?: ErrorStatus;
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
  readonly status: ErrorStatus;
  readonly field: string | undefined;
  readonly details: readonly unknown[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = options.status ?? ERRORS[code].status;
    this.field = options.field;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }
}

/** A value that is invalid (400). */
export function invalid(field: string, message: string): AppError {
  return new AppError('validation_error', message, { field });
}

/**
 * The first issue of a zod schema as an error (400). Messages of schemas begin with a verb: the field's name is put before.
 * @param field what was parsed; undefined: a body, whose issues name their own fields
 */
export function invalidBy({ issues: [issue] }: z.ZodError, field?: string): AppError {
  if (issue?.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? 'body';
    return invalid(unknown, `${unknown} is not a field of this request.`);
  }
  const path = issue?.path.filter((part) => typeof part === 'string') ?? [];
  const name = field ?? path[0] ?? 'body';
  return invalid(name, `${field ?? (path.join('.') || 'body')} ${faultIn(issue)}.`);
}

/** The message of an issue; where its schema has none, zod's own is not for clients. */
function faultIn(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined || !/^(?:Invalid|Too|Unrecognized)/.test(issue.message))
    return issue?.message ?? 'is wrong';
  return issue.code === 'invalid_type' ? `must be ${TYPES[issue.expected] ?? 'of another type'}` : 'is wrong';
}

/** What values are called, by zod's names of their types. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

/** A value outside the closed set its parameter names (422). */
export function notOneOf(field: string, allowed: readonly string[]): AppError {
  return new AppError('validation_error', `${field} must be one of: ${allowed.join(', ')}.`, {
    status: 422,
    field,
  });
}

/** ClickHouse is unavailable; the same request can succeed in a few seconds. */
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
