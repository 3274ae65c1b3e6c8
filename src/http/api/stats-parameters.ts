import { EXPORT_FORMATS, EXPORT_FORMAT_NAMES } from '../../export/formats.ts';
import {
  DEFAULT_GROUP_BY,
  DIMENSION_NAMES,
  type DimensionName,
  FILTER_NAMES,
  LINK_DIMENSIONS,
  goesWith,
} from '../../stats/registry/dimension-names.ts';
import { type Interval, INTERVALS, INTERVAL_NAMES } from '../../stats/registry/intervals.ts';
import { DEFAULT_METRICS, METRIC_NAMES } from '../../stats/registry/metrics.ts';
import {
  BOT_CHOICES,
  COMPARE_CHOICES,
  DEFAULT_LIMIT,
  MATCH_CHOICES,
  MAX_BUCKETS,
  MAX_LIMIT,
  MAX_OFFSET,
  SCOPES_OF_STATS,
} from '../../stats/parse/values.ts';
import { MAX_GROUPED_PROPERTIES } from '../../stats/registry/properties.ts';
import { RANGES, RANGE_NAMES } from '../../stats/registry/ranges.ts';
import { choices } from '../../stats/parse/choices.ts';
import type { Parameter } from '../openapi/model.ts';
import type { JsonSchema } from '../openapi/schemas.ts';
import { COMMAS, conditions, filterParameters } from './filter-descriptions.ts';
import { type Described, codes, grouped } from './parameter-texts.ts';

const DATES =
  'ISO 8601 with hyphens, also as databases write it (`2026-01-31 13:55:36+00`), a week or month (`2026-W05`, `2026-01`), or a Unix time in seconds (up to 11 digits) or milliseconds (12 to 14), of 2000 or later. Without an offset it is in `timezone`.';

/** The parameters that both statistics and exports take. */
function questionParameters(): Readonly<Record<string, Described>> {
  return {
    scope: {
      description:
        "`all`: the clicks of the key's owner. `anon`: one URL, `short_code`; no key is needed where its statistics are public. In any letter case.",
      schema: { type: 'string', enum: SCOPES_OF_STATS, default: 'all' },
    },
    short_code: {
      description: `With \`scope=anon\` the URL: required, and not split at commas. With \`scope=all\` a filter. ${COMMAS}`,
      schema: { type: 'string' },
      example: 'launch',
    },
    start_date: {
      description: `The first moment. ${DATES} A date, week or month alone is its start.`,
      schema: { type: 'string' },
      example: '2026-01-24',
    },
    end_date: {
      description: `The last moment, included. ${DATES} A date, week or month alone is all of it. A later moment than now is clamped to now, which is the default. A range that ends now includes clicks up to 5 minutes ahead, from senders whose clock is fast, in its last bucket.`,
      schema: { type: 'string' },
      example: '2026-01-31',
    },
    range: {
      description: `A range by its name, in place of \`start_date\` and \`end_date\`, in days of \`timezone\`: ${RANGE_NAMES.map((name) => `\`${name}\` (${RANGES[name].description})`).join(', ')}.`,
      schema: { type: 'string', enum: RANGE_NAMES },
    },
    group_by: groupBy(DIMENSION_NAMES, {
      note: `${codes(DIMENSION_NAMES.filter((name) => !goesWith(name, 'anon')))} not with \`scope=anon\`.`,
    }),
    metrics: {
      description: `The metrics: any of ${codes(METRIC_NAMES)}, separated by commas.`,
      schema: { type: 'string', pattern: listOf(METRIC_NAMES), default: DEFAULT_METRICS.join(',') },
      example: 'clicks',
    },
    timezone: {
      description:
        'The time zone of buckets and dates: an IANA name, spelt exactly. Older names, such as `Asia/Calcutta`, are known too.',
      schema: { type: 'string', default: 'UTC' },
      example: 'America/New_York',
    },
    interval: {
      description: `The length of a time bucket. Default by the length of the time range: ${defaultIntervals()}. Without \`start_date\`, \`minute\` is about the last 24 hours. Statistics have at most ${grouped(MAX_BUCKETS)} buckets, an export any number.`,
      schema: chosen('interval'),
    },
    week_start: {
      description:
        'The day that weeks of `interval=week` begin on. `monday`: ISO weeks, labelled `2026-W05`. `sunday`: weeks labelled by their first day, `2026-01-25`.',
      schema: chosen('week_start'),
    },
    breakdown: {
      description:
        'Whether to add a list of all dimensions together. Default: `true` for exactly two dimensions, else `false`.',
      schema: { type: 'boolean' },
    },
    ...filterParameters(),
    sort: {
      description: `The order of groups: a metric, a dimension of \`group_by\` (versions, hours and weekdays as numbers), or with \`compare\` \`change\`; \`-\` before it: largest first. Equal groups are ordered by name, groups without a value come last. Default: the first metric, largest first.`,
      schema: {
        type: 'string',
        pattern: `^\\s*-?(${[...METRIC_NAMES, ...DIMENSION_NAMES, 'change'].join('|')})\\s*$`,
      },
      example: '-unique_clicks',
    },
    offset: {
      description:
        'Groups to skip in each list; time lists are never cut. Past the last group, a list is empty.',
      schema: { type: 'integer', minimum: 0, maximum: MAX_OFFSET, default: 0 },
    },
    other: {
      description:
        '`true`: adds a last row to each list that `limit` cuts (in lists with `time`, to each bucket) for all groups that are cut off together: `{"city": null, "other": true, …}`. Its metrics are exact. Groups that `offset` skips are not in it.',
      schema: { type: 'boolean', default: false },
    },
    segment: {
      description:
        'Names of stored filters of the owner, separated by commas. All of them apply, together with the other filters. Needs a key.',
      schema: { type: 'string' },
      example: 'phones',
    },
    bots: {
      description: `Clicks by bots: ${codes(BOT_CHOICES)}.`,
      schema: chosen('bots'),
    },
    owner_id: {
      description: 'With `admin:all` and `scope=all`: the owner whose clicks to count; `*`: every owner.',
      schema: { type: 'string' },
      example: 'me',
    },
  };
}

const COMPARED: Readonly<Record<string, Described>> = {
  compare: {
    description:
      'A period to compare with: its totals and time lists are added, and to each row of each list what its metric was then (`previous`) and the change in percent (`change`). `year`: the same local dates and times a year before, 28 February for the 29th. Two dates, such as `2025-01-01/2025-01-31`, are read as `start_date` and `end_date` are; the period must be over. `previous`: the period before. Of a range from a local midnight until now that is as many local days before, the last one up to the same time of day; of a month so far, from its second day on, the month before, up to the same day and time. Of any other range it is the same length just before.',
    schema: { type: 'string', pattern: `^\\s*(${COMPARE_CHOICES.join('|')}|[^/]+/[^/]+)\\s*$` },
    example: 'previous',
  },
  match: {
    description:
      '`weekday`: the period begins on the same day of the week. With `compare=previous` it is the range moved back by as many whole weeks as it has begun, with `compare=year` by 52 weeks.',
    schema: { type: 'string', enum: MATCH_CHOICES },
  },
};

/** The parameters of `GET /api/v1/stats`. */
export function statsParameters(): readonly Parameter[] {
  return STATS_PARAMETERS;
}

/**
 * Those of them that a route takes whose path names the URL.
 * @param all such as `statsParameters()`
 * @param defaultDimensions those of a request that names none
 */
export function linkParameters(
  all: readonly Parameter[],
  defaultDimensions: readonly DimensionName[] = DEFAULT_GROUP_BY,
): readonly Parameter[] {
  const own: Readonly<Record<string, Described>> = {
    group_by: groupBy(LINK_DIMENSIONS, { defaultDimensions }),
    conditions: conditions(FILTER_NAMES.filter((name) => goesWith(name, 'anon'))),
  };
  return all
    .filter(({ name }) => !['scope', 'short_code', 'owner_id'].includes(name))
    .map((parameter) => ({ ...parameter, ...own[parameter.name] }));
}

/** The parameters of `GET /api/v1/export`. */
export function exportParameters(): readonly Parameter[] {
  const { start_date, ...others } = QUESTION_PARAMETERS;
  return inQuery({
    format: {
      required: true,
      description: `The file's format: ${EXPORT_FORMAT_NAMES.map((name) => `\`${name}\` (\`${EXPORT_FORMATS[name].contentType}\`)`).join(', ')}.`,
      schema: { type: 'string', enum: EXPORT_FORMAT_NAMES },
      example: 'csv',
    },
    ...(start_date === undefined
      ? {}
      : {
          start_date: {
            ...start_date,
            description: `${start_date.description} Default: the oldest click.`,
          },
        }),
    ...others,
    limit: {
      description: 'Maximum number of groups in each list; time lists are never cut. Default: no limit.',
      schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT },
    },
    ...COMPARED,
  });
}

function groupBy(
  names: readonly DimensionName[],
  { note = '', defaultDimensions = DEFAULT_GROUP_BY },
): Described {
  return {
    description:
      `The dimensions to group by: any of ${codes(names)}, and \`property.KEY\` for the clicks' property of that key (at most ${MAX_GROUPED_PROPERTIES}; \`\\,\` is a comma in it), separated by commas. The lists are named and ordered as they are. ${note}`.trimEnd(),
    schema: {
      type: 'string',
      pattern: listOf([...names, PROPERTY_IN_LIST]),
      default: defaultDimensions.join(','),
    },
    example: 'time,country',
  };
}

function inQuery(described: Readonly<Record<string, Described>>): readonly Parameter[] {
  return Object.entries(described).map(([name, rest]) => ({ name, in: 'query', ...rest }));
}

/** What the schema that reads such a parameter says. */
function chosen(name: 'interval' | 'week_start' | 'bots'): JsonSchema {
  const schema = choices.shape[name];
  const { data: byDefault } = schema.safeParse(undefined);
  return {
    type: 'string',
    enum: schema.unwrap().options,
    ...(byDefault === undefined ? {} : { default: byDefault }),
  };
}

/** A property in a list of names. */
const PROPERTY_IN_LIST = String.raw`property\.(?:[^,\\]|\\.)+`;

function listOf(names: readonly string[]): string {
  return `^\\s*(${names.join('|')})(\\s*,\\s*(${names.join('|')}))*\\s*$`;
}

function defaultIntervals(): string {
  const hours = (ms: number): string =>
    ms < 2 * 86_400_000 ? `${ms / 3_600_000} h` : `${ms / 86_400_000} days`;
  return INTERVAL_NAMES.flatMap((name) => {
    const { longest_default_range: longest }: Interval = INTERVALS[name];
    if (longest === undefined) return [];
    return longest === Infinity ? `\`${name}\` beyond` : `\`${name}\` up to ${hours(longest)}`;
  }).join(', ');
}

// Last: they are made of everything above.
const QUESTION_PARAMETERS = questionParameters();

const STATS_PARAMETERS = inQuery({
  ...QUESTION_PARAMETERS,
  limit: {
    description: 'Maximum number of groups in each list; time lists are never cut.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
  },
  ...COMPARED,
});
