import { randomBytes } from 'node:crypto';
import type { OwnedSpan } from './request-tracer.ts';

/* Spans as OTLP has them in JSON: ids hexadecimal, times in nanoseconds as texts. */

const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;
const STATUS_OK = 0;
const STATUS_ERROR = 2;

/** A request and its stages, as spans of its trace. */
export function otlpSpans({
  span,
  method,
  route,
  status,
  start,
  duration,
  stages,
}: OwnedSpan): readonly object[] {
  const { traceId, spanId, parentId } = span;
  return [
    {
      traceId,
      spanId,
      ...(parentId === undefined ? {} : { parentSpanId: parentId }),
      name: `${method} ${route}`,
      kind: SERVER,
      ...times(start, duration),
      attributes: [
        textAttribute('http.request.method', method),
        textAttribute('http.route', route),
        { key: 'http.response.status_code', value: { intValue: String(status) } },
      ],
      status: { code: status >= 500 ? STATUS_ERROR : STATUS_OK },
    },
    ...stages.map((one) => ({
      traceId,
      spanId: randomBytes(8).toString('hex'),
      parentSpanId: spanId,
      name: one.stage,
      kind: one.stage === 'clickhouse' ? CLIENT : INTERNAL,
      ...times(one.start, one.duration),
      attributes: one.stage === 'clickhouse' ? [textAttribute('db.system.name', 'clickhouse')] : [],
      status: { code: STATUS_OK },
    })),
  ];
}

export function textAttribute(key: string, text: string): object {
  return { key, value: { stringValue: text } };
}

/** @param ms Unix milliseconds */
export function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}

function times(start: number, duration: number): object {
  const from = performance.timeOrigin + start;
  return { startTimeUnixNano: nanoseconds(from), endTimeUnixNano: nanoseconds(from + duration) };
}
