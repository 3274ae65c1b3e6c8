import { ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { highResolution } from './high-resolution.ts';

/* Prometheus metrics as OpenTelemetry has them. */

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

/** The times that data points are of; Unix milliseconds. */
interface Period {
  readonly start: number;
  readonly now: number;
}

/** Counters become sums, histograms and gauges themselves; others are left out. */
export function metricData(metrics: readonly PrometheusMetric[], { start, now }: Period): MetricData[] {
  const at = { startTime: highResolution(start), endTime: highResolution(now) };
  return metrics.flatMap(({ name, help, type, values }): MetricData[] => {
    const common = {
      descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    const points = () => values.map(({ value, labels }) => ({ ...at, attributes: textsOf(labels), value }));
    switch (type) {
      case 'counter':
        return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() }];
      case 'gauge':
        return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() }];
      case 'histogram': {
        const dataPoints = byLabels(values).map((own) => ({ ...at, ...histogramOf(own) }));
        return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
      }
      default:
        return [];
    }
  });
}

function byLabels(values: readonly Value[]): readonly (readonly Value[])[] {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const { le: _, ...labels } = value.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return [...groups.values()];
}

/** Prometheus counts what is at most a bound, OpenTelemetry what lies between two. */
function histogramOf(values: readonly Value[]) {
  const { le: _, ...labels } = values[0]?.labels ?? {};
  const bounded = values.filter(({ labels: { le } }) => le !== undefined && Number.isFinite(Number(le)));
  const totals = values.filter((one) => one.labels['le'] === undefined);
  const endingIn = (suffix: string): number =>
    totals.find(({ metricName = '' }) => metricName.endsWith(suffix))?.value ?? 0;
  const count = endingIn('_count');
  const cumulative = [...bounded.map(({ value }) => value), count];
  return {
    attributes: textsOf(labels),
    value: {
      count,
      sum: endingIn('_sum'),
      buckets: {
        boundaries: bounded.map((one) => Number(one.labels['le'])),
        counts: cumulative.map((value, place) => value - (cumulative[place - 1] ?? 0)),
      },
    },
  };
}

function textsOf(labels: Value['labels']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([key, label]) => [key, String(label)]));
}
