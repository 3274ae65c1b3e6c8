import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { OtlpCollector } from '../config.ts';
import { type PrometheusMetric, metricData } from './metric-data.ts';
import { readableSpans } from './readable-spans.ts';
import { RequestTracer } from './request-tracer.ts';
import { shouldSample } from './sampler.ts';

export interface TelemetryOptions extends OtlpCollector {
  readonly readMetrics: () => Promise<readonly PrometheusMetric[]>;
  /** Called when the collector takes nothing, once until it does again. */
  readonly onFailure: (failure: string) => void;
  /** How long the collector has for what it is sent, with what is tried again. */
  readonly timeoutMs?: number;
}

/** Spans that wait to be sent; more are dropped, so that an unreachable collector costs no memory. */
const MAX_WAITING = 2_048;
/** So many are written at once, which takes a few milliseconds. */
const BATCH = 256;
const SPANS_EVERY_MS = 5_000;
const METRICS_EVERY_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** A process that ends does not wait long for a collector. */
const LAST_TIMEOUT_MS = 1_000;

type Taken = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** A tracer whose requests, with the metrics beside them, go to a collector until it is closed, as OTLP over HTTP in JSON. */
export function openTelemetry({
  endpoint,
  headers,
  attributes,
  sampler,
  readMetrics,
  onFailure,
  timeoutMs = TIMEOUT_MS,
}: TelemetryOptions): { readonly tracer: RequestTracer; readonly close: () => Promise<void> } {
  const resource = resourceFromAttributes(attributes);
  const sending = (path: string) => ({
    url: endpoint.replace(/\/+$/, '') + path,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
  });
  const note = noteFailures(onFailure);
  const spans = new BatchSpanProcessor(noted(new OTLPTraceExporter(sending('/v1/traces')), note), {
    maxQueueSize: MAX_WAITING,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: SPANS_EVERY_MS,
    exportTimeoutMillis: 2 * timeoutMs,
  });
  const started = Date.now();
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: noted(new OTLPMetricExporter(sending('/v1/metrics')), note),
        exportIntervalMillis: METRICS_EVERY_MS,
        exportTimeoutMillis: 2 * timeoutMs,
        metricProducers: [
          {
            collect: async () => {
              const own = metricData(await readMetrics(), { start: started, now: Date.now() });
              const scopeMetrics = [{ scope: { name: 'spoor' }, metrics: own }];
              return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
            },
          },
        ],
      }),
    ],
  });
  return {
    tracer: new RequestTracer((ended) => {
      for (const span of readableSpans(ended, resource)) spans.onEnd(span);
    }, shouldSample(sampler)),
    close: async () => {
      const late = new AbortController();
      const sent = Promise.allSettled([spans.shutdown(), metrics.shutdown()]);
      await Promise.race([sent, timeout(LAST_TIMEOUT_MS, late.signal)]);
      late.abort();
    },
  };
}

/** Tells of the first failure of several in a row. */
function noteFailures(onFailure: (failure: string) => void): (taken: Taken) => void {
  let isFailing = false;
  return ({ error }) => {
    if (error !== undefined && !isFailing) onFailure(nameOf(error));
    isFailing = error !== undefined;
  };
}

/** Its message may have the collector's response in it, or an address. */
function nameOf(error: Error): string {
  const { code } = Object(error);
  return typeof code === 'number' ? `status ${code}` : error.name;
}

/** An exporter that says how each of its exports went. */
function noted<Exporter extends SpanExporter | PushMetricExporter>(
  exporter: Exporter,
  note: (taken: Taken) => void,
): Exporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (items: never, done: (taken: Taken) => void) =>
    send(items, (taken) => {
      note(taken);
      done(taken);
    });
  return exporter;
}

async function timeout(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
