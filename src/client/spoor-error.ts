import type { ErrorCode } from '../errors.ts';

/** The service's own codes, also of a newer one, and those of the client. */
export type SpoorErrorCode =
  ErrorCode | 'network_error' | 'unexpected_response' | 'export_failed' | (string & {});

interface Failure {
  readonly status?: number;
  readonly field?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** A request that failed. Its message is the sentence of the service, where that sent one. */
export class SpoorError extends Error {
  /**
   * `network_error`: there was no whole response; `unexpected_response`: it was none of Spoor's; `export_failed`: an export that was
   * waited for was given up.
   */
  readonly code: SpoorErrorCode;
  /** The HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** The parameter or field that is wrong. */
  readonly field: string | undefined;
  /** After how many milliseconds the service wants to be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(code: SpoorErrorCode, message: string, failure: Failure = {}) {
    super(message, { cause: failure.cause });
    this.name = 'SpoorError';
    this.code = code;
    this.status = failure.status;
    this.field = failure.field;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    const { status, code } = this;
    if (code === 'export_failed') return false;
    if (status === undefined || status >= SERVER_ERROR) return true;
    if (status === REQUEST_TIMEOUT || status === TOO_MANY_REQUESTS) return true;
    // A page that a proxy sends while the service is unreachable.
    return code === 'unexpected_response' && status < 400;
  }
}
