import { type PrometheusMetric, otlpMetrics } from './otlp-metrics.ts';
import { otlpSpans, textAttribute } from './otlp-spans.ts';
import type { OwnedSpan } from './request-tracer.ts';

export interface OtlpOptions {
  /** The collector's base URL: `/v1/traces` and `/v1/metrics` are put behind it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly readMetrics: () => Promise<readonly PrometheusMetric[]>;
  /** Called when the collector takes nothing, once until it does again. */
  readonly onFailure: (failure: string) => void;
}

/** Requests that wait to be sent; more than so many are dropped, so that a collector that is away costs no memory. */
const MAX_WAITING = 2_048;
/** So many are written at once, which takes a few milliseconds. */
const BATCH = 256;
const SPANS_EVERY_MS = 5_000;
const METRICS_EVERY_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** A process that ends does not wait long for a collector. */
const LAST_TIMEOUT_MS = 1_000;

/** Sends spans and metrics to a collector, as OTLP over HTTP in JSON. */
export class OtlpExporter {
  readonly #options: OtlpOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #started = Date.now();
  readonly #waiting: OwnedSpan[] = [];
  #isSending = false;
  #isFailing = false;

  constructor(options: OtlpOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => void this.#sendSpans(), SPANS_EVERY_MS).unref(),
      setInterval(() => void this.#sendMetrics(), METRICS_EVERY_MS).unref(),
    ];
  }

  /** Adds a request to those that are sent next. */
  add(ended: OwnedSpan): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(ended);
    if (this.#waiting.length === BATCH) void this.#sendSpans();
  }

  /** Sends what there is, and nothing from then on. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([this.#sendSpans(LAST_TIMEOUT_MS), this.#sendMetrics(LAST_TIMEOUT_MS)]);
  }

  async #sendSpans(timeoutMs = TIMEOUT_MS): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length > 0) {
        const scope = { scope: { name: 'spoor' }, spans: this.#waiting.splice(0, BATCH).flatMap(otlpSpans) };
        const body = { resourceSpans: [{ resource: this.#resource, scopeSpans: [scope] }] };
        await this.#send('/v1/traces', body, timeoutMs);
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #sendMetrics(timeoutMs = TIMEOUT_MS): Promise<void> {
    const read = await this.#options.readMetrics().catch(() => []);
    const metrics = otlpMetrics(read, { start: this.#started, now: Date.now() });
    const scope = { scope: { name: 'spoor' }, metrics };
    await this.#send(
      '/v1/metrics',
      { resourceMetrics: [{ resource: this.#resource, scopeMetrics: [scope] }] },
      timeoutMs,
    );
  }

  get #resource(): object {
    return { attributes: [textAttribute('service.name', this.#options.serviceName)] };
  }

  async #send(path: string, body: object, timeoutMs: number): Promise<void> {
    const { endpoint, headers, onFailure } = this.#options;
    const failure = await post(endpoint.replace(/\/+$/, '') + path, { headers, body, timeoutMs });
    if (failure !== undefined && !this.#isFailing) onFailure(failure);
    this.#isFailing = failure !== undefined;
  }
}

/** @returns why it was not taken; undefined where it was */
async function post(
  url: string,
  {
    headers,
    body,
    timeoutMs,
  }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: object;
    readonly timeoutMs: number;
  },
): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `status ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.name : 'error';
  }
}
