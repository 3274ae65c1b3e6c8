import type { IncomingMessage } from 'node:http';
import type { RequestTracer } from '../../telemetry/request-tracer.ts';

/** The trace that a request belongs to, as W3C Trace Context has it: hexadecimal ids. */
export interface TraceContext {
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: string;
}

/** Later versions may have more after it. */
const TRACEPARENT =
  /^(?:00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})|(?!00|ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?)$/;
const NONE = /^0+$/;

/** The trace of a request; undefined where its `traceparent` is missing or invalid. */
export function traceContextOf({ headers }: Pick<IncomingMessage, 'headers'>): TraceContext | undefined {
  const { traceparent } = headers;
  if (typeof traceparent !== 'string') return undefined;
  const [traceId = '', parentId = '', flags = ''] = (TRACEPARENT.exec(traceparent) ?? [])
    .slice(1)
    .filter((part) => part !== undefined);
  if (traceId === '' || NONE.test(traceId) || NONE.test(parentId)) return undefined;
  return { traceId, parentId, flags };
}

/** The trace of a request, with the span that its own queries belong to: Spoor's where it exports spans, else the client's. */
export function ownTraceOf(
  request: IncomingMessage,
  tracer: RequestTracer | undefined,
): TraceContext | undefined {
  const given = traceContextOf(request);
  if (tracer === undefined) return given;
  const { traceId, spanId, isSampled } = tracer.spanOf(request, given);
  return { traceId, parentId: spanId, flags: isSampled ? '01' : '00' };
}

/** As it is sent on. */
export function traceparentOf({ traceId, parentId, flags }: TraceContext): string {
  return `00-${traceId}-${parentId}-${flags}`;
}
