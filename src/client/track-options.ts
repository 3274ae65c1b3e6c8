import type { SpoorError } from './spoor-error.ts';

/** How clicks are sent, and who is told what has become of them. */
export interface TrackOptions {
  /** The most clicks of a request, up to 10,000. Default: 1,000, which is how many the service names of those it rejects. */
  readonly batchClicks?: number;
  /** The most bytes of a request. Default: 512 KiB, which proxies let pass. */
  readonly batchBytes?: number;
  /** Milliseconds that a click waits for others. Default: 1,000. */
  readonly batchDelayMs?: number;
  /** The most clicks that wait to be acknowledged. Default: 100,000. */
  readonly bufferClicks?: number;
  /** The most bytes of them, as JSON. Default: 32 MiB. */
  readonly bufferBytes?: number;
  /** The most requests at once. Default: 2. */
  readonly parallelRequests?: number;
  /** Milliseconds that a request may take before it is sent again. Default: 30,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds for which a batch is sent again. Default: an hour. */
  readonly retryForMs?: number;
  /** Told of clicks that are given up. */
  readonly onDrop?: (dropped: DroppedClicks) => void;
  /** Told of each click that the service rejects. */
  readonly onReject?: (rejected: RejectedClick) => void;
  /** Told of each request with clicks that fails, also where it is sent again. */
  readonly onError?: (error: SpoorError) => void;
}

/** Clicks that the service has not acknowledged, and that are not sent again. */
export interface DroppedClicks {
  /**
   * `buffer_full`: too many wait already; `refused`: the service refuses their request; `timed_out`: it was sent in vain for too
   * long; `closed`: the client was closed first; `not_json`: JSON cannot hold the click.
   */
  readonly reason: 'buffer_full' | 'refused' | 'timed_out' | 'closed' | 'not_json';
  /** As they were to be sent. */
  readonly clicks: readonly unknown[];
  /** Why their request failed, where one was sent. */
  readonly error?: unknown;
}

/** A click that the service rejects, because a field of it is wrong. */
export interface RejectedClick {
  /** As it was sent. */
  readonly click: unknown;
  readonly field: string;
  /** What is wrong with the field. */
  readonly error: string;
}
