import { z } from 'zod';
import { DIMENSION_NAMES, type DimensionName, FILTER_NAMES } from '../../stats/registry/dimension-names.ts';
import { METRIC_NAMES, type MetricName, metricFields, metricOf } from '../../stats/registry/metrics.ts';
import { PROPERTY_NAMES } from '../../stats/registry/properties.ts';
import { namedSchema, ref } from '../openapi/schemas.ts';
import { decimal, metricSchema, zoned } from './metric-schemas.ts';

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
            (name === metric ? metricSchema(metric) : decimal).exactOptional(),
          ]),
        ),
      ),
      previous: z.union([zoned, decimal]).nullable().exactOptional().describe(BEFORE.previous),
      change: z.number().min(-100).nullable().exactOptional().describe(BEFORE.change),
    })
    .meta({ patternProperties: { [PROPERTY_NAMES]: { type: ['string', 'null'] } } })
    .describe('A row of a list of several dimensions: a field for each of them, and the metric.'),
);

/** The lists of statistics. */
export const metrics = z.record(z.string(), rows).meta({
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

/** Those of the period compared with. */
export const timeMetrics = z.record(z.string(), rows).meta({
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
