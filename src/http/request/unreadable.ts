import { AppError, type ErrorStatus } from '../../errors.ts';
import { BODY_DEADLINE_MS, MAX_HEADERS, MAX_HEADER_BYTES } from './request-limits.ts';

const unreadable = (status: ErrorStatus, message: string): AppError =>
  new AppError('validation_error', message, { status });

export const TOO_LARGE = unreadable(
  431,
  `The request line and headers are larger than ${MAX_HEADER_BYTES / 1_024} KiB, or there are more than ${MAX_HEADERS.toLocaleString('en-US')} headers.`,
);
export const TOO_SLOW = unreadable(
  408,
  `The request came too slowly, or took longer than ${BODY_DEADLINE_MS / 60_000} minutes: send it in parts.`,
);
export const NOT_CHUNKED = unreadable(
  501,
  'Transfer-Encoding must be chunked and nothing else, in HTTP/1.1.',
);
export const NOT_HTTP = unreadable(400, 'The request is not valid HTTP.');
export const SENT_TWICE = unreadable(400, 'Authorization, Content-Type and Host may be sent once only.');
export const NO_PROXY = new AppError('method_not_allowed', 'This is no proxy: it does not take CONNECT.');

/** Refusals of any route with a status that only they have. */
export const UNREADABLE: readonly AppError[] = [TOO_SLOW, TOO_LARGE, NOT_CHUNKED];
