import type { TrackedClick } from './click.ts';
import { ClickBuffer } from './click-buffer.ts';
import { lineOf } from './click-line.ts';
import { type Requests, errorOf } from './requests.ts';
import { retrying, unreference } from './retry.ts';
import { SpoorError } from './spoor-error.ts';
import type { DroppedClicks, RejectedClick, TrackOptions } from './track-options.ts';

const DEFAULTS = {
  batchClicks: 1_000,
  batchBytes: 512 * 1_024,
  batchDelayMs: 1_000,
  bufferClicks: 100_000,
  bufferBytes: 32 * 1_048_576,
  parallelRequests: 2,
  requestTimeoutMs: 30_000,
  retryForMs: 3_600_000,
} as const satisfies TrackOptions;

/** Of a longer batch the service would not read the rest where so many at its beginning are wrong. */
const MOST_BATCH_CLICKS = 10_000;

/** Milliseconds that a process which has nothing else to do waits for its last clicks. */
const EXIT_MS = 10_000;

/** Clicks of one request. */
interface Batch {
  /** By which the service knows the request when it comes again. */
  readonly idempotencyKey: string;
  clicks: number;
  bytes: number;
}

/** One that takes no more clicks. */
interface SealedBatch extends Readonly<Batch> {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Sends clicks in batches, each until the service has acknowledged it. */
export class ClickSender {
  readonly #requests: Requests;
  readonly #options: TrackOptions & { readonly [Name in keyof typeof DEFAULTS]: number };
  /** The batch that takes further clicks. */
  #open: Batch | undefined;
  readonly #buffer = new ClickBuffer();
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  /** Of the open batch, and of those that are not acknowledged. */
  #clicks = 0;
  #bytes = 0;
  readonly #deliveries = new Set<Promise<void>>();
  /** Deliveries that may send, and what lets the next one do so. */
  #sending = 0;
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;
  #ending = new AbortController();

  constructor(requests: Requests, options: TrackOptions) {
    this.#requests = requests;
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    const own = { ...DEFAULTS, ...given };
    this.#options = { ...own, batchClicks: Math.min(own.batchClicks, MOST_BATCH_CLICKS) };
  }

  /** @returns whether the click is taken; where it is not, `onDrop` is told why */
  add(click: TrackedClick): boolean {
    const line = lineOf(click);
    if (line === undefined) return this.#refuse('not_json', click);
    if (this.#isClosed) return this.#refuse('closed', click);
    const { bufferClicks, bufferBytes, batchClicks, batchBytes } = this.#options;
    const bytes = this.#buffer.write(line);
    if (this.#clicks >= bufferClicks || this.#bytes + bytes > bufferBytes) {
      return this.#refuse('buffer_full', click);
    }
    if (this.#open !== undefined && this.#open.bytes + bytes > batchBytes) this.#seal();
    const batch = (this.#open ??= this.#begin());
    this.#buffer.keep();
    batch.clicks++;
    batch.bytes += bytes;
    this.#clicks++;
    this.#bytes += bytes;
    if (batch.clicks >= batchClicks) this.#seal();
    return true;
  }

  /** Sends what there is. @returns when all clicks so far are acknowledged, rejected or dropped */
  async flush(): Promise<void> {
    this.#seal();
    // Waiting to send again does not keep a process alive, but somebody waits for this.
    const alive = setInterval(() => {}, EXIT_MS);
    await Promise.all(this.#deliveries);
    clearInterval(alive);
  }

  /** The same, and takes no more clicks. What is not acknowledged after `timeoutMs` is dropped. */
  async close(timeoutMs = EXIT_MS): Promise<void> {
    this.#isClosed = true;
    await this.#drain(timeoutMs);
  }

  #begin(): Batch {
    this.#openTimer = setTimeout(() => this.#seal(), this.#options.batchDelayMs);
    // A process that ends before is told of it below.
    unreference(this.#openTimer);
    if (this.#deliveries.size === 0) hostProcess()?.on('beforeExit', this.#beforeExit);
    return { idempotencyKey: newKey(), clicks: 0, bytes: 0 };
  }

  #seal(): void {
    const batch = this.#open;
    if (batch === undefined) return;
    this.#open = undefined;
    clearTimeout(this.#openTimer);
    const delivery = this.#deliver({ ...batch, body: this.#buffer.take() }).finally(() => {
      this.#deliveries.delete(delivery);
      this.#clicks -= batch.clicks;
      this.#bytes -= batch.bytes;
      if (this.#clicks === 0) hostProcess()?.off('beforeExit', this.#beforeExit);
    });
    this.#deliveries.add(delivery);
  }

  readonly #beforeExit = (): void => {
    void this.#drain(EXIT_MS);
  };

  async #drain(timeoutMs: number): Promise<void> {
    this.#seal();
    const ending = this.#ending;
    const timer = setTimeout(() => ending.abort(new Error('The client was closed.')), timeoutMs);
    await Promise.all(this.#deliveries);
    clearTimeout(timer);
    if (ending.signal.aborted) this.#ending = new AbortController();
  }

  async #deliver(batch: SealedBatch): Promise<void> {
    const { signal } = this.#ending;
    const { retryForMs, parallelRequests, onError, onReject } = this.#options;
    if (this.#sending < parallelRequests) this.#sending++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const rejected = await retrying(() => this.#send(batch, signal), {
        forMs: retryForMs,
        signal,
        isInBackground: true,
        onError: (error) => tell(onError, error),
      });
      const clicks = rejected.length === 0 ? [] : clicksOf(batch);
      for (const { index, ...why } of rejected) tell(onReject, { click: clicks[index] ?? null, ...why });
    } catch (error) {
      tell(this.#options.onDrop, { reason: reasonOf(error), clicks: clicksOf(batch), error });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#sending--;
      else next();
    }
  }

  async #send({ idempotencyKey, body }: SealedBatch, signal: AbortSignal): Promise<readonly Rejection[]> {
    const response = await this.#requests.json('POST', '/api/v1/clicks', {
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': idempotencyKey },
      body,
      signal,
      timeoutMs: this.#options.requestTimeoutMs,
    });
    const rejected = response.json?.['rejected'];
    const isResult = response.status === 200 || response.status === 422;
    if (isResult && Array.isArray(rejected)) return rejected.filter(isRejection);
    throw errorOf(response);
  }

  #refuse(reason: DroppedClicks['reason'], click: unknown): false {
    tell(this.#options.onDrop, { reason, clicks: [click] });
    return false;
  }
}

interface Rejection extends Pick<RejectedClick, 'field' | 'error'> {
  readonly index: number;
}

function isRejection(value: unknown): value is Rejection {
  const { index, field, error }: Readonly<Record<string, unknown>> = Object(value);
  return typeof index === 'number' && typeof field === 'string' && typeof error === 'string';
}

function clicksOf({ body }: SealedBatch): readonly unknown[] {
  const lines = new TextDecoder().decode(body).split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

function reasonOf(error: unknown): DroppedClicks['reason'] {
  if (!(error instanceof SpoorError)) return 'closed';
  return error.isTransient ? 'timed_out' : 'refused';
}

/** A callback that throws ends no delivery: its error is nobody's to catch. */
function tell<Value>(callback: ((value: Value) => void) | undefined, value: Value): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** 128 random bits. `crypto.randomUUID` is missing on pages without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The process that this runs in; undefined in a browser. */
function hostProcess(): Pick<NodeJS.Process, 'on' | 'off'> | undefined {
  const { process }: { readonly process?: NodeJS.Process } = globalThis;
  return typeof process?.on === 'function' ? process : undefined;
}
