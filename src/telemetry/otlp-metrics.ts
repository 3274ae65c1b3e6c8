import { nanoseconds, textAttribute } from './otlp-spans.ts';

/* Prometheus metrics as OTLP has them in JSON. */

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string | undefined;
}

/** A metric as a prom-client registry gives it. */
export interface PrometheusMetric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values: readonly Value[];
}

const CUMULATIVE = 2;

/** The times that data points are of; Unix milliseconds. */
interface Period {
  readonly start: number;
  readonly now: number;
}

/** Counters become sums, histograms and gauges themselves; others are left out. */
export function otlpMetrics(metrics: readonly PrometheusMetric[], period: Period): readonly object[] {
  const at = { startTimeUnixNano: nanoseconds(period.start), timeUnixNano: nanoseconds(period.now) };
  return metrics.flatMap(({ name, help, type, values }) => {
    const described = { name, description: help };
    switch (type) {
      case 'counter':
        return {
          ...described,
          sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: values.map(numberPoint) },
        };
      case 'gauge':
        return { ...described, gauge: { dataPoints: values.map(numberPoint) } };
      case 'histogram':
        return {
          ...described,
          histogram: { aggregationTemporality: CUMULATIVE, dataPoints: histogramPoints(values) },
        };
      default:
        return [];
    }
  });

  function numberPoint({ value, labels }: Value): object {
    return { ...at, attributes: attributesOf(labels), asDouble: value };
  }

  function histogramPoints(values: readonly Value[]): readonly object[] {
    const byLabels = new Map<string, Value[]>();
    for (const value of values) {
      const { le: _, ...labels } = value.labels;
      const key = JSON.stringify(labels);
      byLabels.set(key, [...(byLabels.get(key) ?? []), value]);
    }
    return [...byLabels.values()].map((own) => ({ ...at, ...histogramOf(own) }));
  }
}

/** Prometheus counts what is at most a bound, OTLP what lies between two. */
function histogramOf(values: readonly Value[]): object {
  const { le: _, ...labels } = values[0]?.labels ?? {};
  const buckets = values.filter((one) => one.labels['le'] !== undefined);
  const bounded = buckets.filter((one) => Number.isFinite(Number(one.labels['le'])));
  const totals = values.filter((one) => one.labels['le'] === undefined);
  const endingIn = (suffix: string): number =>
    totals.find(({ metricName = '' }) => metricName.endsWith(suffix))?.value ?? 0;
  const count = endingIn('_count');
  const cumulative = [...bounded.map(({ value }) => value), count];
  return {
    attributes: attributesOf(labels),
    count: String(count),
    sum: endingIn('_sum'),
    explicitBounds: bounded.map((one) => Number(one.labels['le'])),
    bucketCounts: cumulative.map((value, place) => String(value - (cumulative[place - 1] ?? 0))),
  };
}

function attributesOf(labels: Value['labels']): readonly object[] {
  return Object.entries(labels).map(([key, label]) => textAttribute(key, String(label)));
}
