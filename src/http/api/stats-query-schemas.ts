import { z } from 'zod';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import type { Parameter } from '../openapi/model.ts';
import type { JsonSchema } from '../openapi/schemas.ts';
import { errorSchema } from '../openapi/documented-errors.ts';
import { anything, namedSchema, requestSchema } from '../openapi/schemas.ts';
import { LISTS } from '../request/json-parameters.ts';
import { withoutObjects } from '../route/declared-parameters.ts';
import { EXPLAIN } from './explain-parameter.ts';
import { statsParameters } from './stats-parameters.ts';
import { statsSchema } from './stats-schemas.ts';

/** The most queries of one request. */
export const MAX_QUESTIONS = 25;

const PARAMETERS = [...statsParameters(), EXPLAIN].flatMap(withoutObjects);

/** The parameters that a query can have. */
export const QUESTION_NAMES = PARAMETERS.map(({ name }) => name);

const DATES: readonly string[] = ['start_date', 'end_date'];

/** One query, or a batch. Its fields are parsed like the parameters of a query string. */
export const questionsSchema = requestSchema(
  'StatsQuestions',
  z
    .strictObject({
      ...Object.fromEntries(QUESTION_NAMES.map((name) => [name, anything])),
      queries: anything,
    })
    .meta({
      patternProperties: { [PROPERTY_NAMES]: { type: ['string', 'array'], items: { type: 'string' } } },
    }),
  {
    description: 'One query by its fields, or several in `queries`.',
    fields: () => ({
      ...Object.fromEntries(PARAMETERS.map((parameter) => [parameter.name, fieldOf(parameter)])),
      queries: {
        description: `Up to ${MAX_QUESTIONS} queries, in place of one.`,
        type: 'array',
        minItems: 1,
        maxItems: MAX_QUESTIONS,
        items: { description: 'The fields of one query. If they are invalid, its result has the error.' },
      },
    }),
  },
);

/** A parameter as a field of a JSON object. */
export function fieldOf({ name, description, schema }: Parameter): JsonSchema {
  const { contentSchema, ...own } = schema;
  if (isSchema(contentSchema)) return { description, ...contentSchema };
  if (LISTS.includes(name)) {
    return {
      description,
      ...own,
      type: ['string', 'array'],
      items: { type: ['string', 'number', 'boolean'] },
    };
  }
  if (DATES.includes(name)) return { description, ...own, type: ['string', 'number'] };
  return { description, ...own, type: own['type'] === 'string' ? 'string' : [own['type'], 'string'] };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

const result = z.strictObject({
  status: z.int().describe('The status that the query would have had alone.'),
  view: z
    .int()
    .min(1)
    .exactOptional()
    .describe(
      'Results with the same number come from one consistent view of the clicks. Only with status 200.',
    ),
  body: z.union([statsSchema.schema, errorSchema.schema]),
});

export const statsAnswersSchema = namedSchema(
  'StatsAnswers',
  z
    .strictObject({ results: z.array(result).min(1).max(MAX_QUESTIONS) })
    .describe('The results of a batch, in the order of its queries.'),
);

/** The response to one query or to a batch. */
export const eitherSchema = namedSchema(
  'StatsQueryAnswer',
  z
    .union([statsSchema.schema, statsAnswersSchema.schema])
    .describe('The statistics, or with `queries` the result of each query.'),
);
