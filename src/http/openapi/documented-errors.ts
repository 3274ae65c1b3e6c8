import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../errors.ts';
import { namesOf } from '../../lib/names.ts';
import { UNREADABLE } from '../request/unreadable.ts';
import type { Header, Response } from './model.ts';
import { namedSchema, ref } from './schemas.ts';

export const ERROR_CODES: readonly ErrorCode[] = namesOf(ERRORS);

export const errorSchema = namedSchema(
  'ErrorAnswer',
  z
    .strictObject({
      error: z.string().describe('What is wrong and what to do, in a sentence for people.'),
      code: z.enum(ERROR_CODES).describe('What is wrong, for programs.'),
      error_code: z.enum(ERROR_CODES).describe('The same as `code`.'),
      field: z.string().exactOptional().describe('The parameter, header or body field that is wrong.'),
      details: z.array(z.unknown()).exactOptional().describe('Further details, where there are any.'),
    })
    .describe('Every error has this form.'),
);

/** Errors of every route: an invalid key is refused everywhere, and counted. */
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

export const X_ERROR_CODE: Header = { description: 'The `code` of the body.', schema: { type: 'string' } };

const WWW_AUTHENTICATE: Header = {
  description: 'The scheme to authenticate with.',
  schema: { type: 'string', const: 'Bearer' },
};

/** The responses of errors, by status. */
export function errorResponses(codes: readonly ErrorCode[]): Readonly<Record<string, Response>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, all]) => [String(status), errorResponse(all)]));
}

/** The response of errors with these codes, of one status. */
export function errorResponse(codes: readonly ErrorCode[], when?: string): Response {
  const headers = {
    'X-Error-Code': X_ERROR_CODE,
    ...(codes.includes('authentication_error') ? { 'WWW-Authenticate': WWW_AUTHENTICATE } : {}),
    ...(codes.some((code) => ERRORS[code].retry === 'later') ? { 'Retry-After': RETRY_AFTER } : {}),
  };
  return {
    description: when ?? codes.map((code) => ERRORS[code].meaning).join(' '),
    headers,
    content: {
      'application/json': {
        schema: { allOf: [ref(errorSchema), { type: 'object', properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, { value: { ...exampleOf(code) } }])),
      },
    },
  };
}

/** The responses to a request that cannot be parsed, on any route. */
export const UNREADABLE_RESPONSES: Readonly<Record<string, Response>> = Object.fromEntries(
  UNREADABLE.map((error) => [
    String(error.status),
    {
      description: error.message,
      headers: { 'X-Error-Code': X_ERROR_CODE },
      content: {
        'application/json': {
          schema: ref(errorSchema),
          examples: {
            validation_error: { value: { error: error.message, code: error.code, error_code: error.code } },
          },
        },
      },
    },
  ]),
);

function exampleOf(code: ErrorCode) {
  const { error, ...field } = ERRORS[code].example;
  return { error, code, error_code: code, ...field };
}
