import { z } from 'zod';
import { CLICK_COLUMN_NAMES, type ClickColumnName } from '../../click-rows/columns.ts';
import { invalidBy } from '../../errors.ts';
import type { ToolDescription } from '../../mcp/tool.ts';
import type { JsonSchema } from '../openapi/schemas.ts';
import { inputJsonSchema } from '../openapi/schemas.ts';
import { withoutObjects } from '../route/declared-parameters.ts';
import { clickParameters } from './click-parameters.ts';
import { QUESTION_NAMES, questionsSchema } from './stats-query-schemas.ts';

/** The arguments of a tool. */
export interface ToolInput<Parsed> {
  readonly jsonSchema: () => ToolDescription['inputSchema'];
  /** @throws AppError 400 */
  readonly parse: (given: Readonly<Record<string, unknown>>) => Parsed;
}

const MAX_GROUPS = 200;
const DEFAULT_GROUPS = 20;
const MAX_ITEMS = 100;
const DEFAULT_LINKS = 50;
const DEFAULT_CLICKS = 20;
/** What a model is shown of a click unless it asks for something else: all of it would be forty fields. */
const DEFAULT_CLICK_FIELDS = [
  'clicked_at',
  'short_code',
  'country',
  'city',
  'browser',
  'os',
  'referrer',
] as const satisfies readonly ClickColumnName[];

const PERIOD_NAMES = ['range', 'start_date', 'end_date', 'timezone', 'owner_id'] as const;

/** The parameters of a stats query that are described to a model. It may use the others, which are further ways to say the same. */
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

/** The parameters of a query for clicks. */
export const ASKED_CLICK_NAMES = [
  ...clickParameters()
    .flatMap(withoutObjects)
    .map(({ name }) => name),
  'limit',
  'cursor',
];

const wholeNumber = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

const text = (description: string) =>
  z.string('must be a text').max(500, 'must be at most 500 characters').describe(description);

const groupsLimit = wholeNumber(1, MAX_GROUPS)
  .default(DEFAULT_GROUPS)
  .describe('Groups in each list; time lists are never cut.');

/** The own parameters of `query_stats`. The others are parsed like those of every query. */
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
    limit: wholeNumber(1, MAX_ITEMS).default(DEFAULT_LINKS).describe('Links on the page.'),
  }),
  [],
);

/** Of `list_clicks`. What else it has is parsed as the parameters of `GET /api/v1/clicks` are. */
export const clicksInput = toolInput(
  z.looseObject({
    fields: z
      .array(z.string('must be a list of texts'), 'must be a list of texts')
      .default([...DEFAULT_CLICK_FIELDS])
      .describe(
        `What to show of each click: any of ${CLICK_COLUMN_NAMES.map((name) => `\`${name}\``).join(', ')}.`,
      ),
    order: text('`newest` first, or `oldest`.').default('newest'),
    limit: wholeNumber(1, MAX_ITEMS).default(DEFAULT_CLICKS).describe('Clicks on the page.'),
    cursor: z
      .string('must be a text')
      .optional()
      .describe('The `next_cursor` of the page before, in place of all but `limit`, or beside the same.'),
  }),
  [...PERIOD_NAMES, 'short_code', 'filters', 'segment', 'bots'],
);

/** @param questionNames its fields that are parameters of a query */
function toolInput<Schema extends z.ZodType>(
  schema: Schema,
  questionNames: readonly (typeof OFFERED_NAMES)[number][],
): ToolInput<z.output<Schema>> {
  return {
    jsonSchema: () => {
      const { properties, required } = inputJsonSchema(schema);
      const questions = questionsSchema.fields();
      const fields = Object.fromEntries(questionNames.map((name) => [name, offered(name, questions[name])]));
      return {
        type: 'object',
        properties: { ...fields, ...Object(properties) },
        ...(required === undefined ? {} : { required }),
        additionalProperties: false,
      };
    },
    parse: (given) => {
      const parsed = schema.safeParse(given);
      if (parsed.success) return parsed.data;
      throw invalidBy(parsed.error);
    },
  };
}

/** The description of `filters` says all that its schema does, which would be ten times as long. */
function offered(name: (typeof OFFERED_NAMES)[number], field: JsonSchema | undefined): JsonSchema {
  if (name !== 'filters') return { ...field };
  return { description: field?.['description'], type: ['object', 'array'] };
}
