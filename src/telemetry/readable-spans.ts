import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { highResolution } from './high-resolution.ts';
import type { OwnedSpan, RequestSpan } from './request-tracer.ts';

/** What differs between the spans of one request. */
type OwnPart = Pick<ReadableSpan, 'name' | 'kind' | 'attributes' | 'status'> & {
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** By the clock of `performance`, milliseconds. */
  readonly start: number;
  readonly duration: number;
};

/** A request and its stages, as spans of its trace. */
export function readableSpans(
  { span, method, route, status, start, duration, stages }: OwnedSpan,
  resource: Resource,
): readonly ReadableSpan[] {
  const request: OwnPart = {
    ...span,
    name: `${method} ${route}`,
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    },
    status: { code: status >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    start,
    duration,
  };
  const parts = stages.map((one): OwnPart => ({
    spanId: randomBytes(8).toString('hex'),
    parentId: span.spanId,
    name: one.stage,
    kind: one.stage === 'clickhouse' ? SpanKind.CLIENT : SpanKind.INTERNAL,
    attributes: one.stage === 'clickhouse' ? { 'db.system.name': 'clickhouse' } : {},
    status: { code: SpanStatusCode.UNSET },
    start: one.start,
    duration: one.duration,
  }));
  return [request, ...parts].map((part) => spanOf(span, part, resource));
}

function spanOf(
  { traceId }: RequestSpan,
  { spanId, parentId, start, duration, name, kind, attributes, status }: OwnPart,
  resource: Resource,
): ReadableSpan {
  const context = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
  const from = performance.timeOrigin + start;
  return {
    name,
    kind,
    attributes,
    status,
    resource,
    spanContext: () => context(spanId),
    ...(parentId === undefined ? {} : { parentSpanContext: context(parentId) }),
    startTime: highResolution(from),
    endTime: highResolution(from + duration),
    duration: highResolution(duration),
    ended: true,
    links: [],
    events: [],
    instrumentationScope: { name: 'spoor' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
