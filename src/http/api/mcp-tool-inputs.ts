import { z } from 'zod';
import { invalidBy } from '../../errors.ts';
import type { ToolDescription } from '../../mcp/tool.ts';
import type { JsonSchema } from '../openapi/model.ts';
import { inputJsonSchema } from '../openapi/schemas.ts';
import { QUESTION_NAMES, questionsSchema } from './stats-query-schemas.ts';

/** The arguments of a tool. */
export interface ToolInput<Parsed> {
  readonly jsonSchema: ToolDescription['inputSchema'];
  /** @throws AppError 400 */
  readonly parse: (given: Readonly<Record<string, unknown>>) => Parsed;
}

const MAX_GROUPS = 200;
const DEFAULT_GROUPS = 20;
const MAX_LINKS = 100;
const DEFAULT_LINKS = 50;

const PERIOD_NAMES = ['range', 'start_date', 'end_date', 'timezone', 'owner_id'] as const;

/** The fields of a question that a model is told of. It may use the others, which say in more ways what these say. */
const OFFERED_NAMES = [
  ...PERIOD_NAMES,
  'short_code',
  'group_by',
  'metrics',
  'interval',
  'breakdown',
  'filters',
  'segment',
  'bots',
  'sort',
  'offset',
  'compare',
] as const;

/** What a question of a model can have: how it is computed is not for it to ask. */
export const ASKED_NAMES = QUESTION_NAMES.filter((name) => name !== 'explain');

const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

const text = (description: string) =>
  z.string('must be a text').max(500, 'must be at most 500 characters').describe(description);

const groupsLimit = wholeNumber(1, MAX_GROUPS)
  .default(DEFAULT_GROUPS)
  .describe('Groups in each list; time lists are never cut.');

/** Of `query_stats`. What else it has is parsed as every question is. */
export const questionInput = toolInput(z.looseObject({ limit: groupsLimit }), OFFERED_NAMES);

/** Of `list_groups`. */
export const groupsInput = toolInput(
  z.looseObject({
    dimension: text('A dimension that query_stats can group by, but time: `country`, say.'),
    search: text('Only groups with this text in their name, in any letter case.').optional(),
    limit: groupsLimit,
    offset: wholeNumber(0, 1_000_000).default(0).describe('Groups to pass over.'),
  }),
  PERIOD_NAMES,
);

/** Of `list_links`. */
export const linksInput = toolInput(
  z.strictObject({
    search: text('Only links with this text in their short code or long URL, in any letter case.').optional(),
    tag: text('Only links with this tag.').optional(),
    after: text('The `next` of the page before.').optional(),
    limit: wholeNumber(1, MAX_LINKS).default(DEFAULT_LINKS).describe('Links on the page.'),
  }),
  [],
);

/** @param questionNames its fields that are those of a question */
function toolInput<Schema extends z.ZodType>(
  schema: Schema,
  questionNames: readonly (typeof OFFERED_NAMES)[number][],
): ToolInput<z.output<Schema>> {
  const { properties, required } = inputJsonSchema(schema);
  const fields = Object.fromEntries(questionNames.map((name) => [name, offered(name)]));
  return {
    jsonSchema: {
      type: 'object',
      properties: { ...fields, ...Object(properties) },
      ...(required === undefined ? {} : { required }),
      additionalProperties: false,
    },
    parse: (given) => {
      const parsed = schema.safeParse(given);
      if (parsed.success) return parsed.data;
      throw invalidBy(parsed.error);
    },
  };
}

/** The description of `filters` says all that its schema does, which would be ten times as long. */
function offered(name: (typeof OFFERED_NAMES)[number]): JsonSchema {
  const field = questionsSchema.fields[name];
  if (name !== 'filters') return { ...field };
  return { description: field?.['description'], type: ['object', 'array'] };
}
