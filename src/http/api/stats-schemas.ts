import { z } from 'zod';
import type { ComparedAnswer } from '../../stats/compare.ts';
import { DIMENSION_NAMES, type DimensionName, FILTER_NAMES } from '../../stats/registry/dimensions.ts';
import { INTERVALS, INTERVAL_NAMES } from '../../stats/registry/intervals.ts';
import { METRIC_NAMES, type MetricName } from '../../stats/registry/metrics.ts';
import { SCOPES_OF_STATS } from '../../stats/parse/query.ts';
import { namedSchema, ref } from '../openapi/schemas.ts';

const ZONED = '2026-01-24T00:00:00.000-05:00';

const zoned = z.string().meta({ format: 'date-time', examples: [ZONED] });
const count = z.int().min(0);
const percent = z.number().min(0).max(100);

const TEXTS = { type: 'array', items: { type: 'string' } };

const timeRange = z
  .strictObject({ start_date: zoned, end_date: zoned })
  .describe('What was asked about, both ends included, in the time zone asked for.');

const timeBucketInfo = z
  .strictObject({
    strategy: z.enum(INTERVAL_NAMES.map((name) => INTERVALS[name].strategy)),
    interval_minutes: z.int().describe('How long a bucket mostly is.'),
    display_format: z.string().describe('The pattern of `time`, as strftime has it.'),
    mongo_format: z.string().describe('The same, for old clients.'),
    timezone: z.string(),
  })
  .describe('How time is cut into buckets. Only where `group_by` has `time`.');

const summary = z
  .strictObject({
    total_clicks: count,
    unique_clicks: count.describe('Distinct visitors, exactly.'),
    bot_clicks: count.describe('Clicks of programs, among the total.'),
    first_click: zoned.nullable(),
    last_click: zoned.nullable(),
    avg_redirection_time: z
      .number()
      .min(0)
      .describe('Milliseconds, over the clicks that tell; 0 where none does.'),
  })
  .describe('Totals of all clicks that fit, whatever the lists show of them.');

const computedMetrics = z
  .strictObject({
    unique_click_rate: percent.describe('Visitors in percent of clicks.'),
    repeat_click_rate: percent.describe('The rest to 100.'),
    average_clicks_per_visitor: z.number().min(0),
  })
  .describe('Only where there are clicks.');

const rows = z.array(z.record(z.string(), z.union([z.string(), z.number()])));

/** The row of a breakdown, which has the fields of its own dimensions and metric alone. */
export const breakdownRow = namedSchema(
  'BreakdownRow',
  z
    .strictObject({
      time: z.string().exactOptional(),
      bucket_start: zoned.exactOptional(),
      ...Object.fromEntries(FILTER_NAMES.map((name) => [name, z.string().exactOptional()])),
      ...Object.fromEntries(
        METRIC_NAMES.flatMap((name) => [
          [name, count.exactOptional()],
          [`${name}_percentage`, percent.exactOptional()],
        ]),
      ),
    })
    .describe('A row of a list of several dimensions: a field for each of them, and the metric.'),
);

const metrics = z.record(z.string(), rows).meta({
  description:
    'A list for each metric and dimension, and for each metric one of all dimensions together where `breakdown` is on, named `clicks_by_time_browser` and so on.',
  propertyNames: { type: 'string', pattern: listPattern(METRIC_NAMES, DIMENSION_NAMES) },
  properties: Object.fromEntries(
    METRIC_NAMES.flatMap((metric) => DIMENSION_NAMES.map((name) => singleList(metric, name))),
  ),
  additionalProperties: { type: 'array', items: ref(breakdownRow) },
});

const timeMetrics = z.record(z.string(), rows).meta({
  description: "Time's lists. Only where `group_by` has `time`.",
  propertyNames: { type: 'string', pattern: listPattern(METRIC_NAMES, ['time']) },
  properties: Object.fromEntries(METRIC_NAMES.map((metric) => singleList(metric, 'time'))),
  additionalProperties: false,
});

/** A list of one dimension. */
function singleList(metric: MetricName, name: DimensionName): readonly [string, object] {
  const fields =
    name === 'time'
      ? { time: { type: 'string' }, bucket_start: { type: 'string', format: 'date-time' } }
      : { [name]: { type: 'string' } };
  const row = {
    ...fields,
    [metric]: { type: 'integer', minimum: 0 },
    [`${metric}_percentage`]: { type: 'number', minimum: 0, maximum: 100 },
  };
  return [
    `${metric}_by_${name}`,
    {
      type: 'array',
      items: { type: 'object', properties: row, required: Object.keys(row), additionalProperties: false },
    },
  ];
}

function listPattern(metricNames: readonly string[], dimensionNames: readonly string[]): string {
  const names = dimensionNames.join('|');
  return `^(${metricNames.join('|')})_by_(${names})(_(${names}))*$`;
}

const previousPeriod = z
  .strictObject({
    time_range: timeRange,
    summary,
    computed_metrics: computedMetrics.exactOptional(),
    metrics: timeMetrics.exactOptional(),
  })
  .describe('The period before. Its percentages are of its own totals.');

const statsFields = {
  scope: z.enum(SCOPES_OF_STATS),
  short_code: z.string().exactOptional().describe('Only with `scope=anon`.'),
  api_version: z.literal('v1'),
  generated_at: z.string().meta({ format: 'date-time', examples: ['2026-01-31T10:00:00.000Z'] }),
  filters: z.partialRecord(z.enum(FILTER_NAMES), z.array(z.string())).meta({
    description: 'The values of each dimension that was filtered by, as they were given.',
    properties: Object.fromEntries(FILTER_NAMES.map((name) => [name, TEXTS])),
    additionalProperties: false,
  }),
  group_by: z.array(z.enum(DIMENSION_NAMES)),
  timezone: z.string().describe('As it was given.'),
  time_range: timeRange,
  time_bucket_info: timeBucketInfo.exactOptional(),
  summary,
  computed_metrics: computedMetrics.exactOptional(),
  metrics,
  group_counts: z
    .record(z.string(), count)
    .describe(
      "How many groups each list but time's has before `limit`, by its dimensions: `browser`, `time_browser`.",
    ),
};

/** The statistics as `json` exports have them. */
export const exportedStatsSchema = namedSchema(
  'ExportedAnswer',
  z.strictObject(statsFields).describe('Statistics of clicks.'),
);

export const statsSchema = namedSchema(
  'StatsAnswer',
  z
    .strictObject({
      ...statsFields,
      previous: previousPeriod
        .nullable()
        .exactOptional()
        .describe(
          'Only with `compare=previous`; null where the period before the range lies before all possible clicks.',
        ),
    })
    .describe('Statistics of clicks.'),
);

type Frozen<T> = T extends readonly (infer Element)[]
  ? readonly Frozen<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The schemas' types as the code has them: it does not compile when an answer has a field that is not described. */
export type DescribedAnswer = Frozen<z.output<typeof statsSchema.schema>>;

/** That an answer is what the schema says, and the schema says no more than an answer has. */
export const isDescribed: Same<ComparedAnswer, DescribedAnswer> = true;

type Same<One, Other> = [One, keyof One] extends [Other, keyof Other]
  ? [Other, keyof Other] extends [One, keyof One]
    ? true
    : never
  : never;
