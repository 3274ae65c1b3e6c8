import type { Logger } from 'pino';
import type { OtlpCollector } from '../config.ts';
import type { Metrics } from '../process/prometheus.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { RequestTracer } from './request-tracer.ts';

/** A tracer whose requests, with the metrics beside them, go to a collector until it is closed. */
export function openTelemetry(
  collector: OtlpCollector,
  { registry }: Pick<Metrics, 'registry'>,
  log: Logger,
): { readonly tracer: RequestTracer; readonly close: () => Promise<void> } {
  const exporter = new OtlpExporter({
    ...collector,
    readMetrics: () => registry.getMetricsAsJSON(),
    onFailure: (failure) => log.warn({ failure }, 'the OpenTelemetry collector takes no spans or metrics'),
  });
  const tracer = new RequestTracer((ended) => exporter.add(ended));
  return { tracer, close: () => exporter.close() };
}
