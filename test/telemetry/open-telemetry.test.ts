import { expect, test } from '@jest/globals';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type TelemetryOptions, openTelemetry } from '../../src/telemetry/open-telemetry.ts';
import { RequestTracer } from '../../src/telemetry/request-tracer.ts';
import { shouldSample } from '../../src/telemetry/sampler.ts';
import { startCollector } from '../support/collector.ts';

const SPAN = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: 'c'.repeat(16), isSampled: true };
const ENDED = {
  method: 'GET',
  route: '/api/v1/stats',
  status: 200,
  start: 1_000,
  duration: 30.5,
  stages: [{ stage: 'clickhouse', start: 1_010, duration: 15 }],
};

const optionsFor = (endpoint: string, failures: string[] = []): TelemetryOptions => ({
  endpoint,
  headers: { 'x-token': 'secret' },
  attributes: { 'service.name': 'links', 'service.version': '1' },
  sampler: { name: 'always_on', ratio: 1 },
  readMetrics: async () => [],
  onFailure: (failure) => failures.push(failure),
});

test('a request and its stages become spans of one trace', async () => {
  const collector = await startCollector();
  const { tracer, close } = openTelemetry(optionsFor(`${collector.url}/`));
  tracer.end(SPAN, ENDED);
  tracer.end({ ...SPAN, parentId: undefined }, { ...ENDED, status: 503, stages: [] });
  await close();
  collector.close();
  const sent = collector.received.find(({ path }) => path === '/v1/traces');
  expect(sent?.headers).toMatchObject({ 'content-type': 'application/json', 'x-token': 'secret' });
  const [{ resource, scopeSpans }] = sent?.body.resourceSpans ?? [];
  expect(resource.attributes).toEqual([
    { key: 'service.name', value: { stringValue: 'links' } },
    { key: 'service.version', value: { stringValue: '1' } },
  ]);
  const [request, stage, failed] = scopeSpans[0].spans;
  const at = (ms: number) => expect.closeTo((performance.timeOrigin + ms) / 1_000, 3);
  const seconds = (nanos: string) => Number(nanos) / 1e9;
  expect(request).toMatchObject({
    traceId: SPAN.traceId,
    spanId: SPAN.spanId,
    parentSpanId: SPAN.parentId,
    name: 'GET /api/v1/stats',
    kind: 2,
    status: { code: 0 },
  });
  expect([seconds(request.startTimeUnixNano), seconds(request.endTimeUnixNano)]).toEqual([
    at(1_000),
    at(1_030.5),
  ]);
  expect(request.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
  expect(stage).toMatchObject({
    traceId: SPAN.traceId,
    parentSpanId: SPAN.spanId,
    name: 'clickhouse',
    kind: 3,
  });
  expect(seconds(stage.endTimeUnixNano)).toEqual(at(1_025));
  expect(failed).toMatchObject({ status: { code: 2 } });
  expect(failed).not.toHaveProperty('parentSpanId');
});

test('metrics are sums, gauges and histograms whose buckets are counted apart', async () => {
  const registry = new Registry();
  new Counter({ name: 'clicks_total', help: 'Clicks.', labelNames: ['outcome'], registers: [registry] }).inc(
    { outcome: 'ok' },
    3,
  );
  new Gauge({ name: 'bytes', help: 'Bytes.', registers: [registry] }).set(7);
  const histogram = new Histogram({
    name: 'seconds',
    help: 'Time.',
    labelNames: ['kind'],
    buckets: [1, 5],
    registers: [registry],
  });
  for (const value of [0.5, 0.7, 3, 30]) histogram.observe({ kind: 'select' }, value);
  const collector = await startCollector();
  await openTelemetry({
    ...optionsFor(collector.url),
    readMetrics: () => registry.getMetricsAsJSON(),
  }).close();
  collector.close();
  const { path, body } = collector.received[0] ?? { path: '', body: {} };
  expect(path).toBe('/v1/metrics');
  const [sum, gauge, times] = body.resourceMetrics[0].scopeMetrics[0].metrics;
  const labelled = (key: string, stringValue: string) => [{ key, value: { stringValue } }];
  expect(sum).toMatchObject({
    name: 'clicks_total',
    description: 'Clicks.',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ asDouble: 3, attributes: labelled('outcome', 'ok') }],
    },
  });
  expect(gauge).toMatchObject({ name: 'bytes', gauge: { dataPoints: [{ asDouble: 7, attributes: [] }] } });
  expect(times.histogram.dataPoints).toEqual([
    expect.objectContaining({
      attributes: labelled('kind', 'select'),
      count: 4,
      sum: 34.2,
      explicitBounds: [1, 5],
      bucketCounts: [2, 1, 1],
    }),
  ]);
});

test('a collector that takes nothing is told of once, and holds up nothing', async () => {
  const failures: string[] = [];
  const refusing = await startCollector(400);
  const { tracer, close } = openTelemetry(optionsFor(refusing.url, failures));
  tracer.end(SPAN, ENDED);
  await close();
  refusing.close();
  expect(refusing.received).toHaveLength(2);
  expect(failures).toEqual(['status 400']);
});

test('nobody there is told of as soon as it is no longer tried', async () => {
  const failures: string[] = [];
  await openTelemetry({ ...optionsFor('http://127.0.0.1:1', failures), timeoutMs: 100 }).close();
  expect(failures).toHaveLength(1);
  expect(failures.join()).not.toContain('127.0.0.1');
});

const SAMPLED = { traceId: SPAN.traceId, parentId: SPAN.parentId, flags: '01' };
const UNSAMPLED = { ...SAMPLED, flags: '00' };

test('a span is asked about once, and not exported unless it is sampled', () => {
  const exported: unknown[] = [];
  const tracer = new RequestTracer(
    (ended) => exported.push(ended),
    shouldSample({ name: 'parentbased_always_on', ratio: 1 }),
  );
  const request: any = {};
  const span = tracer.spanOf(request, UNSAMPLED);
  expect(tracer.spanOf(request, UNSAMPLED)).toBe(span);
  tracer.end(span, ENDED);
  expect(exported).toEqual([]);
  tracer.end(tracer.spanOf({} as any, SAMPLED), ENDED);
  tracer.end(tracer.spanOf({} as any, undefined), ENDED);
  expect(exported).toHaveLength(2);
});

// Ids of which half are below the half, in the terms of the sampler.
const IDS = Array.from(
  { length: 256 },
  (_, index) => `${index.toString(16).padStart(2, '0')}${'1'.repeat(30)}`,
);

test.each([
  ['always_on', { begun: 1, sampled: 1, unsampled: 1 }],
  ['always_off', { begun: 0, sampled: 0, unsampled: 0 }],
  ['traceidratio', { begun: 0.5, sampled: 0.5, unsampled: 0.5 }],
  ['parentbased_always_on', { begun: 1, sampled: 1, unsampled: 0 }],
  ['parentbased_always_off', { begun: 0, sampled: 1, unsampled: 0 }],
  ['parentbased_traceidratio', { begun: 0.5, sampled: 1, unsampled: 0 }],
] as const)('%s', (name, expected) => {
  const isSampled = shouldSample({ name, ratio: 0.5 });
  const part = (given: typeof SAMPLED | undefined) =>
    IDS.filter((traceId) => isSampled(traceId, given && { ...given, traceId })).length / IDS.length;
  expect({ begun: part(undefined), sampled: part(SAMPLED), unsampled: part(UNSAMPLED) }).toEqual(expected);
});
