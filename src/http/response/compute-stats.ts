import type { ComputedResponse } from '../../cache/stored-responses.ts';
import { isOverItsMemory } from '../../clickhouse/failures.ts';
import type { QuerySummary } from '../../clickhouse/query-options.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { Sql } from '../../sql/sql.ts';
import { mergedQuery } from '../../stats/merge.ts';
import { shapeMerged } from '../../stats/merged-results.ts';
import { statsQuery } from '../../stats/parse/requested-query.ts';
import type { StatsRequest } from '../../stats/request.ts';
import type { StatsQuery } from '../../stats/query.ts';
import { rangeDependedOn } from '../../stats/plan-stats.ts';
import { type CacheExplanation, explain } from '../../stats/result/explanation.ts';
import type { StatsRow } from '../../stats/result/stats-result.ts';
import { runStats } from '../../stats/run-stats.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { dimensionOfTags } from '../../stats/sql/tag-source.ts';
import { chooseVisitorPlan } from '../../stats/sql/visitor-plan.ts';
import { admit } from '../request/admit.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { classOf } from '../request/query-class.ts';
import { withSameClock } from '../request/same-clock.ts';
import { withTaggedUrls } from '../request/with-tagged-urls.ts';
import type { Services } from '../request/services.ts';
import type { StageTimes } from '../request/stage-times.ts';
import { ResponseRoom } from './response-room.ts';
import { jsonBytes, tagOf } from './json-body.ts';

/** A request as it was parsed at a moment. */
export interface ParsedStats {
  readonly asked: StatsRequest;
  /** With `range=all` it begins with 2000 until it has a slot, when the oldest click is looked up. */
  readonly query: StatsQuery;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Requests whose results come from one ClickHouse query. */
export interface StatsView {
  /** One, or several that can be merged. All were parsed at the same moment. */
  readonly parsed: readonly ParsedStats[];
  /** Parses them as of now; undefined where that moment is theirs to keep. */
  readonly again?: () => Promise<readonly ParsedStats[]>;
  readonly tenant: Tenant;
  readonly holder: Holder;
  readonly signal: AbortSignal;
  readonly times: StageTimes;
  readonly traceparent: string | undefined;
  /** What the cache had, where the response is to tell how it was computed. */
  readonly explained?: Pick<CacheExplanation, 'outcome' | 'reason'>;
  /** To be waited for before any click is read. */
  readonly begin: () => Promise<void>;
}

/**
 * Waits for the holder's share of queries and runs the query. One that needs more memory is given a second try alone.
 * @returns the responses in the order of the requests
 * @throws AppError `unavailable` or `query_timeout`, 400 where they are too large for one response
 */
export async function computeStats(
  services: Services,
  view: StatsView,
): Promise<readonly ComputedResponse[]> {
  const { parsed, tenant, holder, signal } = view;
  const query = mergedQuery(parsed.map((one) => one.query));
  const queryClass = classOf(query, tenant, holder, services.cache.rowEstimates);
  const { workload, cost } = queryClass;
  const queuedAt = performance.now();
  try {
    return await admit(services, queryClass, view, () => execute(services, view, { workload, queuedAt }));
  } catch (error) {
    if (!isOverItsMemory(error)) throw error;
    const again = performance.now();
    return services.shares.largeQueries.within(
      holder,
      () => execute(services, view, { workload: 'large', queuedAt: again }),
      { signal, cost },
    );
  }
}

async function execute(
  services: Services,
  { parsed: first, again, tenant, signal, begin, times, traceparent, explained }: StatsView,
  { workload, queuedAt }: { readonly workload: Workload; readonly queuedAt: number },
): Promise<readonly ComputedResponse[]> {
  const { cache, database, sharding } = services;
  times.add('queue', queuedAt);
  await begin();
  // Clicks that came while it waited for its share count as well: a range that ends now is parsed as of now.
  const parsed = again !== undefined && first.some(dependsOnNow) ? await again() : first;
  const queries = await withOldestClick(services, parsed, tenant, workload);
  const at = Math.max(...parsed.map((one) => one.at));
  const query = await withTaggedUrls(services, await withSameClock(services, mergedQuery(queries)), tenant);
  let read: QuerySummary = { rows: 0, bytes: 0 };
  const options = {
    visitorPlan: chooseVisitorPlan(query, cache.visitorCounts.find(query, tenant)),
    sharding,
    read: (statement: Sql) =>
      times.measure('clickhouse', () =>
        database.rows<StatsRow>(statement, {
          workload,
          signal,
          traceparent,
          maxSeconds: database.deadlines.statsMs / 1_000,
          onSummary: (summary) => (read = summary),
        }),
      ),
  };
  const { run } = await cache.rowEstimates.learnFrom(query, tenant, async () => {
    const run = await runStats({ query, at }, tenant, options);
    return { run, summary: run.result.summary };
  });
  times.addRows(read.rows);
  cache.visitorCounts.learn(query, tenant, run.result);
  const shapedFrom = performance.now();
  const cacheability = cacheabilityOf(query, at);
  const explanation =
    explained &&
    explain(
      run,
      {
        workload,
        read_rows: read.rows,
        read_bytes: read.bytes,
        clickhouse_ms: times.lastOf('clickhouse'),
        cache: { ...explained, kept: await keptFor(services, tenant, cacheability, explained) },
      },
      database.name,
    );
  const responses: ComputedResponse[] = [];
  const room = new ResponseRoom();
  for (const result of shapeMerged(run, queries)) {
    const shown = explanation === undefined ? result : { ...result, explain: explanation };
    const body = await jsonBytes(shown, (bytes) => room.take(bytes));
    responses.push({
      body,
      tag: await tagOf(body, result.generated_at),
      range: rangeDependedOn(query),
      dependsOnTags: dimensionOfTags(query) !== undefined,
      cacheability,
    });
  }
  times.add('shape', shapedFrom);
  return responses;
}

/** The queries that run; those of all time begin with the tenant's oldest click. */
async function withOldestClick(
  services: Services,
  parsed: readonly ParsedStats[],
  tenant: Tenant,
  workload: Workload,
): Promise<readonly StatsQuery[]> {
  const ofAllTime = parsed.find(({ asked }) => isOfAllTime(asked));
  if (ofAllTime === undefined) return parsed.map(({ query }) => query);
  const oldest = await findOldestClick(services, tenant, workload, ofAllTime.asked);
  return parsed.map(({ asked }) => statsQuery(asked, oldest));
}

export function isOfAllTime({ rangeName }: StatsRequest): boolean {
  return rangeName === 'all';
}

function dependsOnNow({ asked }: ParsedStats): boolean {
  return asked.endsNow || asked.keptSince !== undefined;
}

async function keptFor(
  { cache }: Services,
  tenant: Tenant,
  { cacheable }: ComputedResponse['cacheability'],
  { outcome }: Pick<CacheExplanation, 'outcome'>,
): Promise<CacheExplanation['kept']> {
  if (outcome === 'off') return 'not_at_all';
  return cacheable && (await cache.tellsChanges(tenant)) ? 'until_changed' : 'one_second';
}

/** @param at when the query was parsed, Unix milliseconds */
function cacheabilityOf(query: StatsQuery, at: number): ComputedResponse['cacheability'] {
  const { endsNow = false, keptSince } = query;
  if (endsNow) return { cacheable: false, reason: 'open_range' };
  const { start } = rangeDependedOn(query);
  return { cacheable: true, untilMs: keptSince === undefined ? Infinity : start + at - keptSince };
}
