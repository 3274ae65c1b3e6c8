import { z } from 'zod';
import { type Metric, type MetricName, metricOf } from '../../stats/registry/metrics.ts';

const ZONED = '2026-01-24T00:00:00.000-05:00';

export const zoned = z.string().meta({ format: 'date-time', examples: [ZONED] });
export const count = z.int().min(0);
export const percent = z.number().min(0).max(100);

export const decimal = z.number().min(0);

/** How metrics of each kind are written. */
const VALUES = { count, decimal, instant: zoned } as const satisfies Record<Metric['kind'], z.ZodType>;

/** The schema of a metric. */
export function metricSchema(name: MetricName): z.ZodType {
  const { kind, empty } = metricOf(name);
  return empty === null ? VALUES[kind].nullable() : VALUES[kind];
}
