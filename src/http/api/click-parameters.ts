import { CLICK_COLUMNS, CLICK_COLUMN_NAMES, clickColumnOf } from '../../click-rows/columns.ts';
import { CLICK_ORDERS } from '../../click-rows/click-query.ts';
import { z } from 'zod';
import type { Parameter } from '../openapi/model.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { statsParameters } from './stats-parameters.ts';

/** Parameters of statistics that say how clicks are counted, and not which. */
export const COUNTING: readonly string[] = [
  'group_by',
  'metrics',
  'interval',
  'week_start',
  'breakdown',
  'sort',
  'offset',
  'other',
  'limit',
  'compare',
  'match',
];

/** The parameters that say which clicks are asked for, and what of them, for every route that sends the clicks themselves. */
export function clickParameters(): readonly Parameter[] {
  return [
    ...statsParameters()
      .filter(({ name }) => !COUNTING.includes(name))
      .map((parameter) => ({ ...parameter, ...OWN_WORDS[parameter.name] })),
    {
      name: 'fields',
      in: 'query',
      description: `What to show of each click, separated by commas, in that order. Default: all but ${NOT_DEFAULT.map((name) => `\`${name}\``).join(', ')}.`,
      schema: { type: 'string', pattern: `^\\s*(${NAMES})(\\s*,\\s*(${NAMES}))*\\s*$` },
      example: 'clicked_at,short_code,country',
    },
    {
      name: 'visitors',
      in: 'query',
      description:
        '`true`: also the hash of the visitor, with `fields` where they name `visitor` too. Needs a key with `visitors:read`.',
      schema: { type: 'boolean', default: false },
    },
    {
      name: 'order',
      in: 'query',
      description:
        '`newest` or `oldest` first; `link`: by short code, the oldest of each first, which is how clicks are stored and the fastest.',
      schema: { type: 'string', enum: CLICK_ORDERS },
    },
  ];
}

const NAMES = CLICK_COLUMN_NAMES.join('|');
const NOT_DEFAULT = CLICK_COLUMN_NAMES.filter((name) => !clickColumnOf(name).isDefault);

/** What is said of them where clicks are not counted. */
const OWN_WORDS: Readonly<Record<string, Pick<Parameter, 'description'>>> = {
  scope: {
    description:
      "`all`: the clicks of the key's owner. `anon`: those of one URL of the owner's, `short_code`. In any letter case.",
  },
  timezone: {
    description:
      'The time zone of dates, and that times are shown in: an IANA name, spelt exactly. Older names, such as `Asia/Calcutta`, are known too.',
  },
  owner_id: {
    description: 'With `admin:all` and `scope=all`: the owner whose clicks to show; `*`: every owner.',
  },
};

const SCHEMAS = {
  time: z.string().meta({ format: 'date-time' }),
  text: z.string(),
  number: z.number().nullable(),
  boolean: z.boolean(),
  map: z.record(z.string(), z.string()),
  list: z.array(z.string()),
} as const;

/** A click as the API shows it. */
export const clickSchema = namedSchema(
  'StoredClick',
  z
    .strictObject(
      Object.fromEntries(
        CLICK_COLUMN_NAMES.map((name) => {
          const { type, description } = clickColumnOf(name);
          return [name, SCHEMAS[type].describe(description).exactOptional()];
        }),
      ),
    )
    .describe('A click, with the fields asked for.'),
);

export const CLICK_EXAMPLE = {
  clicked_at: '2026-01-31T09:59:58.120+00:00',
  short_code: 'launch',
  country: 'DE',
} satisfies { readonly [Name in keyof typeof CLICK_COLUMNS]?: string };
