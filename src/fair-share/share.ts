import type { Holder } from './holder.ts';

/** A scarce resource, and how much of it a holder gets. Units are what the resource is counted in: slots, bytes. */
export interface ShareOptions {
  /** Its name in metrics. */
  readonly resource: string;
  readonly size: number;
  /** The most that one holder of a kind has at once. */
  readonly each: Readonly<Record<Holder['kind'], number>>;
  /** The most that all anonymous clients (those without a key) have together. */
  readonly anonymous: number;
  /** Milliseconds that a request waits in the queue. */
  readonly maxWaitMs: number;
  /** Requests that may wait; at most a quarter of them of one holder. */
  readonly maxWaiting: number;
  /** The sentence for a request that is refused. */
  readonly refusal: string;
}

export interface ShareRequest {
  /** Units it takes; more than a holder may have counts as that. */
  readonly units?: number;
  /** Its cost in comparison to others: holders are served in the order of their costs so far. */
  readonly cost?: number;
  /** Aborts when the work is not needed any more. */
  readonly signal?: AbortSignal;
}

/** Units that are held until they are released. */
export interface Lease {
  readonly holder: Holder;
  readonly units: number;
  /** Takes more units, if they are free now. @returns whether they were */
  readonly grow: (units: number) => boolean;
  /** Releases all units; a second call does nothing. */
  readonly release: () => void;
}

/** The use of a resource at a moment. */
export interface ShareState {
  readonly inUse: number;
  readonly waiting: number;
  /** Requests refused since the start. */
  readonly refused: number;
}
