import { ERROR_STATUS, type ErrorCode } from '../../errors.ts';
import { UNREADABLE } from '../server/malformed-request.ts';
import type { Answer, Header } from './model.ts';
import { ref } from './schemas.ts';

/** When a client gets which error, with one of its sentences. */
export const ERROR_MEANINGS: Readonly<
  Record<ErrorCode, { readonly when: string; readonly example: string; readonly field?: string }>
> = {
  validation_error: {
    when: 'A value does not fit; `field` names it.',
    example: 'timezone must be an IANA name, spelt exactly, such as Europe/Berlin.',
    field: 'timezone',
  },
  authentication_error: {
    when: 'A key is needed, or the one sent is unknown, expired or revoked.',
    example: 'The API key is unknown, expired or revoked.',
  },
  forbidden: {
    when: "The key lacks the scope, or the URL is another owner's.",
    example: 'The key lacks the scope: it needs stats:read or urls:read or admin:all.',
  },
  not_found: {
    when: 'There is no such URL, key or route.',
    example: 'There is no such URL.',
    field: 'short_code',
  },
  method_not_allowed: {
    when: 'The route does not take that method; `Allow` names those it takes.',
    example: 'This route does not take that method.',
  },
  conflict: {
    when: 'What is asked for contradicts what there is.',
    example: 'The URL has another owner, and an owner does not change.',
    field: 'owner_id',
  },
  idempotency_conflict: {
    when: 'The `Idempotency-Key` came before, with another body.',
    example: 'This Idempotency-Key came with another body before.',
    field: 'Idempotency-Key',
  },
  payload_too_large: {
    when: 'The body is larger than the route takes.',
    example: 'The body is larger than 64 MiB: send it in parts.',
  },
  unsupported_media_type: {
    when: 'The `Content-Type` or `Content-Encoding` is none that the route takes.',
    example: 'Content-Type must be one of: application/x-ndjson, application/json.',
  },
  rate_limit_exceeded: {
    when: 'Over the rate limit; try again after `Retry-After` seconds.',
    example: 'The limit of 60 requests is reached: try again in 17 s.',
  },
  internal_error: { when: 'A fault of Spoor itself.', example: 'Something went wrong on our side.' },
  unavailable: {
    when: 'ClickHouse cannot be reached, is full, or is asked too much at once; try again after `Retry-After` seconds.',
    example: 'ClickHouse is unreachable.',
  },
  query_timeout: {
    when: 'It took ClickHouse too long: ask for less.',
    example: 'The query took too long: narrow the range or ask for fewer dimensions.',
  },
};

/** Errors that every route can answer with: a key that does not hold is refused everywhere, and limited. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'validation_error',
  'authentication_error',
  'rate_limit_exceeded',
  'internal_error',
  'unavailable',
  'query_timeout',
];

const RETRY_AFTER: Header = {
  description: 'Seconds after which trying again makes sense.',
  schema: { type: 'integer', minimum: 1 },
};

const HEADERS: Readonly<Partial<Record<ErrorCode, Answer['headers']>>> = {
  authentication_error: {
    'WWW-Authenticate': { description: 'What to send.', schema: { type: 'string', const: 'Bearer' } },
  },
  rate_limit_exceeded: { 'Retry-After': RETRY_AFTER },
  unavailable: { 'Retry-After': RETRY_AFTER },
};

/** The answers for errors, by status. */
export function errorAnswers(codes: readonly ErrorCode[]): Readonly<Record<string, Answer>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const status = ERROR_STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, all]) => [String(status), errorAnswer(all)]));
}

/** An error of these codes, of one status. */
export function errorAnswer(codes: readonly ErrorCode[], when?: string): Answer {
  const headers = Object.assign({}, ...codes.map((code) => HEADERS[code]));
  return {
    description: when ?? codes.map((code) => ERROR_MEANINGS[code].when).join(' '),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    content: {
      'application/json': {
        schema: { allOf: [ref('ErrorAnswer'), { type: 'object', properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

/** What a request that cannot be read is answered with, on any route. */
export const UNREADABLE_ANSWERS: Readonly<Record<string, Answer>> = Object.fromEntries(
  UNREADABLE.map(({ status, message }) => [
    String(status),
    {
      description: message,
      content: {
        'application/json': {
          schema: ref('ErrorAnswer'),
          examples: { validation_error: { value: { error: message, code: 'validation_error' } } },
        },
      },
    },
  ]),
);

function exampleOf(code: ErrorCode) {
  const { example, field } = ERROR_MEANINGS[code];
  return { error: example, code, ...(field === undefined ? {} : { field }) };
}
