import { z } from 'zod';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import { mapEntries } from '../../lib/names.ts';
import { DIMENSION_NAMES, type DimensionName, FILTER_NAMES } from '../../stats/registry/dimensions.ts';
import { INTERVALS, INTERVAL_NAMES } from '../../stats/registry/intervals.ts';
import {
  METRIC_NAMES,
  type Metric,
  type MetricName,
  metricFields,
  metricOf,
} from '../../stats/registry/metrics.ts';
import { OPERATORS, OPERATOR_NAMES } from '../../stats/registry/operators.ts';
import { RATES, type Summary, isSummary } from '../../stats/registry/summary.ts';
import { VISITOR_PLANS } from '../../stats/sql/visitor-plan.ts';
import type { ComparedResult } from '../../stats/result/compared-result.ts';
import { CASE_OPTION } from '../../stats/parse/filter-form.ts';
import { SCOPES_OF_STATS } from '../../stats/parse/values.ts';
import { namedSchema, ref } from '../openapi/schemas.ts';

const ZONED = '2026-01-24T00:00:00.000-05:00';

const zoned = z.string().meta({ format: 'date-time', examples: [ZONED] });
const count = z.int().min(0);
const percent = z.number().min(0).max(100);

const TEXTS = { type: 'array', items: { type: 'string' } };

const period = { start_date: zoned, end_date: zoned };

const timeRange = z
  .strictObject({
    ...period,
    clamped: z
      .boolean()
      .describe('Whether a date lies after now or before 2000, and the range ends or begins there instead.'),
    window_days: z.int().min(1).describe('The length of the range, rounded to days, at least 1.'),
  })
  .describe('The time range, both ends included, in the time zone of the request.');

const timeBucketInfo = z
  .strictObject({
    strategy: z.enum(INTERVAL_NAMES.map((name) => INTERVALS[name].strategy)),
    interval_minutes: z.int().describe('The usual length of a bucket.'),
    display_format: z.string().describe('The strftime pattern of `time`.'),
    mongo_format: z.string().describe('The same, for old clients.'),
    timezone: z.string(),
  })
  .describe('The time buckets. Only where `group_by` has `time`.');

const decimal = z.number().min(0);

/** How metrics of each kind are written. */
const VALUES = { count, decimal, instant: zoned } as const satisfies Record<Metric['kind'], z.ZodType>;

function valueOf(name: MetricName): z.ZodType {
  const { kind, empty } = metricOf(name);
  return empty === null ? VALUES[kind].nullable() : VALUES[kind];
}

const summary = z
  .strictObject(summaryShape())
  .describe('Totals of all clicks that match, whether the lists show them or not.');

type SummaryShape = {
  readonly [Name in keyof Summary]-?: Partial<Pick<Summary, Name>> extends Pick<Summary, Name>
    ? z.ZodExactOptional<z.ZodType<Required<Summary>[Name]>>
    : z.ZodType<Summary[Name]>;
};

function summaryShape(): SummaryShape {
  const shape = Object.fromEntries(
    METRIC_NAMES.map((name) => {
      const { total, description, inSummary } = metricOf(name);
      const value = valueOf(name).describe(description);
      return [total, inSummary === 'always' ? value : value.exactOptional()] as const;
    }),
  );
  if (!isSummaryShape(shape)) throw new Error('The summary lacks a number.');
  return shape;
}

function isSummaryShape(shape: object): shape is SummaryShape {
  return isSummary(shape, METRIC_NAMES);
}

const computedMetrics = z
  .strictObject(
    mapEntries(RATES, (name) =>
      (RATES[name].isPercentage ? percent : decimal).describe(RATES[name].description),
    ),
  )
  .describe('Only where there are clicks.');

const rows = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.literal(true), z.null()])));

/** What rows say of the period that they are compared with. */
const BEFORE = {
  previous:
    'Only with `compare`: what the metric was in the period compared with; null in a bucket that it has none for.',
  change: 'Only with `compare`: by how many percent the metric has changed; null from 0.',
} as const;

const OTHER =
  'Only with `other`, in the row of the groups that `limit` cuts off: its dimensions but `time` are null.';

/** The row of a breakdown, which has the fields of its own dimensions and metric alone. */
export const breakdownRow = namedSchema(
  'BreakdownRow',
  z
    .strictObject({
      time: z.string().exactOptional(),
      bucket_start: zoned.exactOptional(),
      ...Object.fromEntries(FILTER_NAMES.map((name) => [name, z.string().nullable().exactOptional()])),
      other: z.literal(true).exactOptional().describe(OTHER),
      ...Object.fromEntries(
        METRIC_NAMES.flatMap((metric) =>
          metricFields(metric).map((name) => [
            name,
            (name === metric ? valueOf(metric) : decimal).exactOptional(),
          ]),
        ),
      ),
      previous: z.union([zoned, decimal]).nullable().exactOptional().describe(BEFORE.previous),
      change: z.number().min(-100).nullable().exactOptional().describe(BEFORE.change),
    })
    .meta({ patternProperties: { [PROPERTY_NAMES]: { type: ['string', 'null'] } } })
    .describe('A row of a list of several dimensions: a field for each of them, and the metric.'),
);

const metrics = z.record(z.string(), rows).meta({
  description:
    'One list for each metric and dimension; with `breakdown` also one for each metric of all dimensions together, such as `clicks_by_time_browser`.',
  propertyNames: {
    type: 'string',
    pattern: listPattern(METRIC_NAMES, [...DIMENSION_NAMES, String.raw`property\..+`]),
  },
  properties: Object.fromEntries(
    METRIC_NAMES.flatMap((metric) =>
      DIMENSION_NAMES.map((name) => singleList(metric, name, comparedSchemas(metric))),
    ),
  ),
  additionalProperties: { type: 'array', items: ref(breakdownRow) },
});

const timeMetrics = z.record(z.string(), rows).meta({
  description: 'The time lists. Only where `group_by` has `time`.',
  propertyNames: { type: 'string', pattern: listPattern(METRIC_NAMES, ['time']) },
  properties: Object.fromEntries(METRIC_NAMES.map((metric) => singleList(metric, 'time'))),
  additionalProperties: false,
});

/** A list of one dimension. @param optional what its rows may have besides */
function singleList(metric: MetricName, name: DimensionName, optional = {}): readonly [string, object] {
  const fields =
    name === 'time'
      ? { time: { type: 'string' }, bucket_start: { type: 'string', format: 'date-time' } }
      : { [name]: { type: ['string', 'null'] } };
  const others = name === 'time' ? {} : { other: { type: 'boolean', const: true, description: OTHER } };
  const row = {
    ...fields,
    ...Object.fromEntries(metricFields(metric).map((field) => [field, numberSchema(metric, field)])),
  };
  return [
    `${metric}_by_${name}`,
    {
      type: 'array',
      items: {
        type: 'object',
        properties: { ...row, ...others, ...optional },
        required: Object.keys(row),
        additionalProperties: false,
      },
    },
  ];
}

function comparedSchemas(metric: MetricName): object {
  const { type, ...rest } = numberSchema(metric, metric);
  const kind = typeof type === 'string' ? type : (type[0] ?? '');
  return {
    previous: { ...rest, type: [kind, 'null'], description: BEFORE.previous },
    change: { type: ['number', 'null'], minimum: -100, description: BEFORE.change },
  };
}

function numberSchema(
  metric: MetricName,
  field: string,
): { readonly type: string | readonly string[]; readonly [keyword: string]: unknown } {
  // A visitor who is new in one group is a returning one in the others.
  if (field !== metric) return { type: 'number', minimum: 0 };
  const { kind, empty } = metricOf(metric);
  const type = { count: 'integer', decimal: 'number', instant: 'string' }[kind];
  return {
    type: empty === null ? [type, 'null'] : type,
    ...(kind === 'instant' ? { format: 'date-time' } : { minimum: 0 }),
  };
}

function listPattern(metricNames: readonly string[], dimensionNames: readonly string[]): string {
  const names = dimensionNames.join('|');
  return `^(${metricNames.join('|')})_by_(${names})(_(${names}))*$`;
}

const previousPeriod = z
  .strictObject({
    time_range: z.strictObject(period).describe('The period, both ends included.'),
    summary,
    computed_metrics: computedMetrics.exactOptional(),
    metrics: timeMetrics.exactOptional(),
  })
  .describe('The period compared with. Its percentages are of its own totals.');

const filterValues = z.union([
  z.array(z.string()),
  z.strictObject({
    ...mapEntries(OPERATORS, () => z.array(z.string()).exactOptional()),
    [CASE_OPTION]: z.boolean().exactOptional(),
  }),
]);

const FILTER_VALUES = {
  oneOf: [
    TEXTS,
    {
      type: 'object',
      properties: {
        ...Object.fromEntries(OPERATOR_NAMES.map((name) => [name, TEXTS])),
        [CASE_OPTION]: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  ],
};

/** The name of a property as a dimension. */
const propertyName = z.templateLiteral([PROPERTY_PREFIX, z.string()]);

const filters = z
  .union([z.partialRecord(z.union([z.enum(FILTER_NAMES), propertyName]), filterValues), z.array(z.unknown())])
  .meta({
    description:
      'The filters in their normal form: the values of each filtered dimension as they were sent, by operator where that is not `is` alone. What an object cannot say is in the array form.',
    anyOf: [
      {
        type: 'object',
        properties: Object.fromEntries(FILTER_NAMES.map((name) => [name, FILTER_VALUES])),
        patternProperties: { [PROPERTY_NAMES]: FILTER_VALUES },
        additionalProperties: false,
      },
      { type: 'array', minItems: 2, maxItems: 4 },
    ],
  });

const explanation = z
  .strictObject({
    sql: z.string().describe('The query with its values in their places, as it can be run.'),
    plan: z
      .strictObject({
        visitors: z.enum(VISITOR_PLANS).describe('How distinct visitors are counted.'),
        one_pass: z.boolean().describe('Whether the summary is counted together with the only list.'),
        sharded: z.boolean().describe('Whether each shard of a cluster counts its own clicks.'),
        workload: z.string().describe('The workload that the query ran in.'),
      })
      .describe('How it was counted.'),
    read_rows: count.describe('Rows that ClickHouse read.'),
    read_bytes: count.describe('Bytes that it read, uncompressed.'),
    clickhouse_ms: decimal.describe('Milliseconds until all its rows were there.'),
    cache: z
      .strictObject({
        outcome: z
          .enum(['hit', 'miss', 'off'])
          .describe('What the same request without `explain` would have found in the cache.'),
        reason: z.string().nullable().describe('Why it would have been a miss.'),
        kept: z
          .enum(['one_second', 'until_changed', 'not_at_all'])
          .describe(
            'How long its response would be kept: for a second, or until clicks of its range change.',
          ),
      })
      .describe('What the cache does for the same request without `explain`.'),
  })
  .describe('How the response was computed. Only with `explain=true`.');

const statsFields = {
  scope: z.enum(SCOPES_OF_STATS),
  short_code: z.string().exactOptional().describe('Only with `scope=anon`.'),
  api_version: z.literal('v1'),
  generated_at: z.string().meta({ format: 'date-time', examples: ['2026-01-31T10:00:00.000Z'] }),
  filters,
  group_by: z.array(z.union([z.enum(DIMENSION_NAMES), propertyName])),
  timezone: z.string().describe('As it was sent.'),
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
  previous: previousPeriod
    .nullable()
    .exactOptional()
    .describe('Only with `compare`; null where that period lies before all possible clicks.'),
  explain: explanation.exactOptional(),
};

/** The statistics, as `json` exports have them too. */
export const statsSchema = namedSchema(
  'StatsAnswer',
  z.strictObject(statsFields).describe('Statistics of clicks.'),
);

/** The statistics of one URL, with its names. */
export const linkStatsSchema = namedSchema(
  'LinkStats',
  z
    .strictObject({
      url_id: z.string().describe('The short code, which is the id of a URL.'),
      alias: z.string().describe('The short code.'),
      ...statsFields,
    })
    .describe('Statistics of the clicks of one URL.'),
);

type Frozen<T> = T extends readonly (infer Element)[]
  ? readonly Frozen<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;

/** The body of a stats response. The page uses it too. */
export type StatsBody = Frozen<z.output<typeof statsSchema.schema>>;

/** It does not compile when the statistics have a field that the schema has not, or the other way round. */
export const isDescribed: Same<ComparedResult, StatsBody> = true;

type Same<One, Other> = [One, keyof One] extends [Other, keyof Other]
  ? [Other, keyof Other] extends [One, keyof One]
    ? true
    : never
  : never;
