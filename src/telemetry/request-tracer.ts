import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The span of a request in its trace: hexadecimal ids. */
export interface RequestSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** The span of the client that sent it; undefined: the trace begins here. */
  readonly parentId: string | undefined;
  /** Whether it is exported. */
  readonly isSampled: boolean;
}

/** The trace that a client says its request belongs to. */
interface Given {
  readonly traceId: string;
  readonly parentId: string;
  readonly flags: string;
}

/** Whether a request is exported, by its trace and by what its client says of that; undefined: the trace begins here. */
export type ShouldSample = (traceId: string, given: Given | undefined) => boolean;

/** A part of a request's time; by the clock of `performance`, milliseconds. */
export interface Stage {
  readonly stage: string;
  readonly start: number;
  readonly duration: number;
}

/** A request that has ended. Its route is a pattern: nothing in it tells of the client. */
export interface EndedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** By the clock of `performance`, milliseconds. */
  readonly start: number;
  readonly duration: number;
  readonly stages: readonly Stage[];
}

export interface OwnedSpan extends EndedRequest {
  readonly span: RequestSpan;
}

/** On the request itself, as its id is. */
const SPAN = Symbol('span');

declare module 'node:http' {
  interface IncomingMessage {
    [SPAN]?: RequestSpan;
  }
}

/** Gives each request its span, and hands those that have ended to an exporter. */
export class RequestTracer {
  readonly #export: (ended: OwnedSpan) => void;
  readonly #shouldSample: ShouldSample;

  constructor(exportSpan: (ended: OwnedSpan) => void, shouldSample: ShouldSample) {
    this.#export = exportSpan;
    this.#shouldSample = shouldSample;
  }

  /**
   * The span of a request, the same whenever it is asked for.
   * @param given what its client says of its trace
   */
  spanOf(request: IncomingMessage, given: Given | undefined): RequestSpan {
    return (request[SPAN] ??= this.#newSpan(given));
  }

  #newSpan(given: Given | undefined): RequestSpan {
    const traceId = given?.traceId ?? randomBytes(16).toString('hex');
    return {
      traceId,
      spanId: randomBytes(8).toString('hex'),
      parentId: given?.parentId,
      isSampled: this.#shouldSample(traceId, given),
    };
  }

  end(span: RequestSpan, ended: EndedRequest): void {
    if (span.isSampled) this.#export({ ...ended, span });
  }
}
