import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { TracesSampler } from '../config.ts';
import type { ShouldSample } from './request-tracer.ts';

const SAMPLERS: Readonly<Record<TracesSampler['name'], (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/** Which requests are exported, by one of OpenTelemetry's own samplers. */
export function shouldSample({ name, ratio }: TracesSampler): ShouldSample {
  const sampler = SAMPLERS[name](ratio);
  return (traceId, given) => {
    const context =
      given === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: given.parentId,
            traceFlags: Number.parseInt(given.flags, 16),
            isRemote: true,
          });
    // None of them looks at more of a span than its trace.
    const { decision } = sampler.shouldSample(context, traceId, '', SpanKind.SERVER, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  };
}
