import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { CACHE_OUTCOMES, type CountCacheRequest, MISS_REASONS } from '../cache/cache-outcome.ts';
import type { QueryObserver } from '../clickhouse/query-options.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Shares } from '../fair-share/shares.ts';
import type { SubjectKind } from '../rate-limit/allowances.ts';

/** What `/metrics` shows, with one method for each thing that is counted. */
export interface Metrics {
  readonly registry: Registry;
  readonly observeQuery: QueryObserver;
  readonly observeRequest: (method: string, route: string, status: number, seconds: number) => void;
  readonly countRateLimited: (route: string, subject: SubjectKind) => void;
  readonly countCacheRequest: CountCacheRequest;
  /** Shows how much of each limited resource is used, and how many requests were refused. */
  readonly watchShares: (shares: Shares) => void;
  /** @param bytes called at each scrape: the bytes in use, by cache */
  readonly watchCaches: (bytes: () => Readonly<Record<string, number>>) => void;
  readonly countClicks: (accepted: number, rejected: number) => void;
  /** @param states called at each scrape: the exports of this instance that have not ended, by state */
  readonly watchExportJobs: (states: () => Readonly<Record<string, number>>) => void;
  readonly countExportJob: (outcome: EndState) => void;
  readonly countScheduleRun: (outcome: EndState) => void;
}

const END_STATES = ['done', 'failed'] as const;
type EndState = (typeof END_STATES)[number];

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Metrics of one Spoor, in a registry of their own: two in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Beside what prom-client shows of the heap: bytes of bodies, responses and files that are held.
  registry.registerMetric(
    new Gauge({
      name: 'spoor_array_buffers_bytes',
      help: 'Memory of buffers, part of nodejs_external_memory_bytes.',
      collect() {
        this.set(process.memoryUsage().arrayBuffers);
      },
      registers: [],
    }),
  );
  const requests = new Histogram({
    name: 'spoor_http_request_duration_seconds',
    help: 'Time from a request to the end of its response, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // To find the labels' histogram each time takes as long as to count in it. There are as many as routes and statuses.
  const observers = new Map<string, { readonly observe: (seconds: number) => void }>();
  const queries = new Histogram({
    name: 'spoor_clickhouse_query_duration_seconds',
    help: 'Duration of ClickHouse queries, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    buckets: BUCKETS,
    registers: [registry],
  });
  const clicks = new Counter({
    name: 'spoor_clicks_total',
    help: 'Clicks accepted and rejected.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const rateLimited = new Counter({
    name: 'spoor_rate_limited_total',
    help: 'Requests refused by a rate limit, by route and subject: a key or an address.',
    labelNames: ['route', 'subject'],
    registers: [registry],
  });
  const countCacheRequest = createCacheCounters(registry);
  const exportJobs = countBy(registry, 'outcome', END_STATES, {
    name: 'spoor_export_jobs_total',
    help: 'Export jobs that have ended, by outcome.',
  });
  const scheduleRuns = countBy(registry, 'outcome', END_STATES, {
    name: 'spoor_schedule_runs_total',
    help: 'Runs of schedules that have ended, by outcome.',
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
    countRateLimited: (route, subject) => rateLimited.inc({ route, subject }),
    countCacheRequest,
    watchCaches: (bytes) =>
      watchBy(registry, 'cache', bytes, {
        name: 'spoor_cache_bytes',
        help: 'Bytes in use by each cache, at most SPOOR_CACHE_MB together.',
      }),
    watchShares: (shares) => watchShares(registry, Object.values(shares)),
    countClicks: (accepted, rejected) => {
      clicks.inc({ outcome: 'accepted' }, accepted);
      clicks.inc({ outcome: 'rejected' }, rejected);
    },
    watchExportJobs: (states) =>
      watchBy(registry, 'state', states, {
        name: 'spoor_export_jobs',
        help: 'Export jobs of this instance that have not ended, by state.',
      }),
    countExportJob: (outcome) => void exportJobs[outcome]++,
    countScheduleRun: (outcome) => void scheduleRuns[outcome]++,
  };
}

/** Counts in a plain object: finding a label's counter at each hit would cost more than all else that a hit takes. */
function createCacheCounters(registry: Registry): CountCacheRequest {
  const requests = countBy(registry, 'outcome', CACHE_OUTCOMES, {
    name: 'spoor_cache_requests_total',
    help: 'Stats requests: served from the cache (hit), by an identical request under way (coalesced), or computed (miss).',
  });
  const misses = countBy(registry, 'reason', MISS_REASONS, {
    name: 'spoor_cache_misses_total',
    help: 'Computed stats requests, by the reason that no cached response was used.',
  });
  return (outcome, reason) => {
    requests[outcome]++;
    if (reason !== undefined) misses[reason]++;
  };
}

/** A counter with one label, whose values are counted up in the object that it returns. */
function countBy<Value extends string>(
  registry: Registry,
  label: string,
  values: readonly Value[],
  { name, help }: { readonly name: string; readonly help: string },
): Record<Value, number> {
  const counts = zeros(values);
  const counter = new Counter({
    name,
    help,
    labelNames: [label],
    collect: () => {
      counter.reset();
      for (const value of values) counter.inc({ [label]: value }, counts[value]);
    },
    registers: [registry],
  });
  return counts;
}

/** A gauge with one label, whose values are asked for at each scrape. */
function watchBy(
  registry: Registry,
  label: string,
  values: () => Readonly<Record<string, number>>,
  { name, help }: { readonly name: string; readonly help: string },
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    collect: () => {
      for (const [value, number] of Object.entries(values())) gauge.set({ [label]: value }, number);
    },
    registers: [registry],
  });
}

function zeros<Value extends string>(values: readonly Value[]): Record<Value, number> {
  return Object.fromEntries(values.map((value) => [value, 0])) as Record<Value, number>;
}

/** By resource, never by holder: owners could create any number of label values. */
function watchShares(registry: Registry, shares: readonly FairShare[]): void {
  const shown = {
    spoor_share_in_use: ['inUse', 'Units in use of a limited resource (slots or bytes).'],
    spoor_share_waiting: ['waiting', 'Requests waiting for a limited resource.'],
    spoor_share_refused_total: [
      'refused',
      'Requests refused because a share of a limited resource is used up.',
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
