import { z } from 'zod';
import { SCOPES_OF_STATS } from '../../stats/parse/values.ts';
import { DIMENSION_NAMES } from '../../stats/registry/dimension-names.ts';
import { INTERVALS, INTERVAL_NAMES } from '../../stats/registry/intervals.ts';
import type { ComparedResult } from '../../stats/result/compared-result.ts';
import { namedSchema } from '../openapi/schemas.ts';
import { explanation } from './explanation-schema.ts';
import { filters, propertyName } from './filter-schemas.ts';
import { metrics, timeMetrics } from './list-schemas.ts';
import { count, zoned } from './metric-schemas.ts';
import { computedMetrics, summary } from './summary-schemas.ts';

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

const previousPeriod = z
  .strictObject({
    time_range: z.strictObject(period).describe('The period, both ends included.'),
    summary,
    computed_metrics: computedMetrics.exactOptional(),
    metrics: timeMetrics.exactOptional(),
  })
  .describe('The period compared with. Its percentages are of its own totals.');

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
