import { errorResponse } from '../openapi/error-responses.ts';
import type { Header } from '../openapi/model.ts';
import { thrown } from '../route/responses.ts';

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
};

/** A parameter outside its closed set. */
export const NOT_ONE_OF = thrown(
  errorResponse(['validation_error'], 'A parameter is not one of the values it can have; `field` names it.'),
);
