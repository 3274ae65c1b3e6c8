import { errorResponse } from '../openapi/documented-errors.ts';
import type { Header, Parameter } from '../openapi/model.ts';
import { empty, thrown } from '../route/responses.ts';

const schema = { type: 'integer', minimum: 0 };
const WINDOW = 'in the window that ends first, or in the one that is used up.';

/** The headers of a response of a route with a rate limit. */
export const RATE_LIMIT_HEADERS: Readonly<Record<string, Header>> = {
  'RateLimit-Limit': { description: `Requests that fit ${WINDOW}`, schema },
  'RateLimit-Remaining': { description: `Requests that still fit ${WINDOW}`, schema },
  'RateLimit-Reset': {
    description: 'Seconds until that window ends.',
    schema,
  },
  'X-RateLimit-Limit': { description: 'The same as `RateLimit-Limit`.', schema },
  'X-RateLimit-Remaining': { description: 'The same as `RateLimit-Remaining`.', schema },
  'X-RateLimit-Reset': { description: 'When that window ends: a Unix time in seconds.', schema },
};

/** The headers of a response of statistics that is not sent as it comes. */
export const STATS_RESPONSE_HEADERS: Readonly<Record<string, Header>> = {
  'Server-Timing': {
    description:
      'What took how many milliseconds: `parse`, `queue` (time in the queue for a query slot), `clickhouse`, `shape`; and in `cache` whether the response was cached (`hit`), shared with a request under way (`coalesced`) or computed (`miss`).',
    schema: { type: 'string' },
  },
  'X-Spoor-Rows-Read': {
    description: 'The rows that ClickHouse has read for this response: 0 where it was cached or shared.',
    schema,
  },
  ...RATE_LIMIT_HEADERS,
};

/** The same with a tag, by which a client can ask whether what it has is still current. */
export const TAGGED_HEADERS: Readonly<Record<string, Header>> = {
  ETag: { description: 'Identifies the content.', schema: { type: 'string' } },
  ...STATS_RESPONSE_HEADERS,
};

export const IF_NONE_MATCH: Parameter = {
  name: 'If-None-Match',
  in: 'header',
  description: 'The `ETag` of an earlier response.',
  schema: { type: 'string' },
  example: 'W/"x"',
};

/** The headers of a file that is made as it is sent. */
export const EXPORT_HEADERS = {
  'Content-Disposition': {
    description: 'A safe name for the file, with the short code or `all` and the range.',
    schema: { type: 'string' },
  },
  'Server-Timing': {
    description:
      'What took how many milliseconds before the first byte: `parse`, `queue` (time in the queue for a query slot), `clickhouse`.',
    schema: { type: 'string' },
  },
  ...RATE_LIMIT_HEADERS,
} as const;

export const NOT_MODIFIED = empty('The response you have is still current. No body.');

/** A parameter outside its closed set. */
export const NOT_ONE_OF = thrown(
  errorResponse(['validation_error'], 'A parameter is not one of the values it can have; `field` names it.'),
);
