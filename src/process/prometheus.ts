import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { AnswerSource } from '../cache/response-cache.ts';
import type { QueryObserver } from '../clickhouse/database.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Shares } from '../fair-share/shares.ts';
import type { Payer } from '../rate-limit/limits.ts';

/** What `/metrics` shows, with one method for each thing that is counted. */
export interface Metrics {
  readonly registry: Registry;
  readonly observeQuery: QueryObserver;
  readonly observeRequest: (method: string, route: string, status: number, seconds: number) => void;
  readonly countRateLimited: (route: string, payer: Payer) => void;
  readonly countAnswer: (source: AnswerSource) => void;
  /** @param bytes tells, whenever it is asked, what the answers that are kept take */
  readonly watchKeptBytes: (bytes: () => number) => void;
  /** Shows how much of each scarce resource is used, and how often it was refused. */
  readonly watchShares: (shares: Shares) => void;
  /** @param held tells, whenever it is asked, the bytes that each cache holds */
  readonly watchCaches: (held: () => Readonly<Record<string, number>>) => void;
  readonly countClicks: (accepted: number, rejected: number) => void;
}

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Metrics of one Spoor, in a registry of their own: two in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Beside what prom-client shows of the heap: bytes of bodies, responses and files that are held.
  registry.registerMetric(
    new Gauge({
      name: 'spoor_array_buffers_bytes',
      help: 'Memory for buffers, a part of nodejs_external_memory_bytes.',
      collect() {
        this.set(process.memoryUsage().arrayBuffers);
      },
      registers: [],
    }),
  );
  const requests = new Histogram({
    name: 'spoor_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // To find the labels' histogram each time takes as long as to count in it. There are as many as routes and statuses.
  const observers = new Map<string, { readonly observe: (seconds: number) => void }>();
  const queries = new Histogram({
    name: 'spoor_clickhouse_query_duration_seconds',
    help: 'Time ClickHouse took, by kind of query and whether it succeeded.',
    labelNames: ['kind', 'outcome'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const clicks = new Counter({
    name: 'spoor_clicks_total',
    help: 'Clicks taken in and turned away.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const rateLimited = new Counter({
    name: 'spoor_rate_limited_total',
    help: 'Requests refused for being over a rate limit, by route and by whether a key or an address was limited.',
    labelNames: ['route', 'payer'],
    registers: [registry],
  });
  // Counted here first: to find the label each time would cost more than all else that is done for a kept answer.
  const counted: Record<AnswerSource, number> = { kept: 0, shared: 0, made: 0 };
  const answers = new Counter({
    name: 'spoor_stats_answers_total',
    help: 'Statistics answers: kept from an earlier request, shared with one under way, or made.',
    labelNames: ['source'],
    collect: () => {
      answers.reset();
      for (const [source, count] of Object.entries(counted)) answers.inc({ source }, count);
    },
    registers: [registry],
  });
  return {
    registry,
    observeQuery: (kind, seconds, ok) => queries.observe({ kind, outcome: ok ? 'ok' : 'error' }, seconds),
    observeRequest: (method, route, status, seconds) => {
      const name = `${status} ${method} ${route}`;
      let observer = observers.get(name);
      if (observer === undefined)
        observers.set(name, (observer = requests.labels({ method, route, status })));
      observer.observe(seconds);
    },
    countRateLimited: (route, payer) => rateLimited.inc({ route, payer }),
    countAnswer: (source) => counted[source]++,
    watchKeptBytes: (bytes) =>
      new Gauge({
        name: 'spoor_stats_kept_bytes',
        help: 'Bytes of the statistics answers that are kept.',
        collect() {
          this.set(bytes());
        },
        registers: [registry],
      }),
    watchCaches: (held) => {
      const gauge = new Gauge({
        name: 'spoor_cache_bytes',
        help: 'Bytes that each cache holds, of SPOOR_CACHE_MB together.',
        labelNames: ['cache'],
        collect: () => {
          for (const [cache, bytes] of Object.entries(held())) gauge.set({ cache }, bytes);
        },
        registers: [registry],
      });
    },
    watchShares: (shares) => watchShares(registry, Object.values(shares)),
    countClicks: (accepted, rejected) => {
      clicks.inc({ outcome: 'accepted' }, accepted);
      clicks.inc({ outcome: 'rejected' }, rejected);
    },
  };
}

/** By resource and never by holder: a label an owner can make would be one of any number. */
function watchShares(registry: Registry, shares: readonly FairShare[]): void {
  const shown = {
    spoor_share_in_use: ['inUse', 'Units of a scarce resource in use: slots or bytes.'],
    spoor_share_waiting: ['waiting', 'Requests that wait for a scarce resource.'],
    spoor_share_refused_total: [
      'refused',
      'Requests refused because a share of a scarce resource is used up.',
    ],
  } as const;
  for (const [name, [field, help]] of Object.entries(shown)) {
    const Metric = name.endsWith('_total') ? Counter : Gauge;
    const metric = new Metric({
      name,
      help,
      labelNames: ['resource'],
      collect: () => {
        metric.reset();
        for (const { resource, state } of shares) metric.inc({ resource }, state[field]);
      },
      registers: [registry],
    });
  }
}
