import type { ComputedResponse } from '../../cache/response-cache.ts';
import { isOverItsMemory } from '../../clickhouse/failures.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { Sql } from '../../sql/sql.ts';
import { mergedQuery, shapeMerged } from '../../stats/merge.ts';
import { type StatsQuery, type StatsRequest, statsQuery } from '../../stats/parse/query.ts';
import { comparedRange } from '../../stats/plan.ts';
import type { StatsRow } from '../../stats/result/stats-result.ts';
import { runStats } from '../../stats/run.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import { chooseVisitorPlan } from '../../stats/sql/visitor-plan.ts';
import { findOldestClick } from '../request/oldest-click.ts';
import { classOf } from '../request/query-class.ts';
import { withSameClock } from '../request/same-clock.ts';
import type { Services } from '../request/services.ts';
import { jsonBytes, tagOf } from './json-body.ts';

/** A request as it was parsed at a moment. */
export interface ParsedStats {
  readonly asked: StatsRequest;
  /** Of all time, it begins with 2000 until the oldest click is looked up, when it has its turn. */
  readonly query: StatsQuery;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Requests that one query of ClickHouse answers. */
export interface StatsView {
  /** One, or several that can be merged. All were parsed at the same moment. */
  readonly parsed: readonly ParsedStats[];
  /** Parses them as of now; undefined where that moment is theirs to keep. */
  readonly again?: () => Promise<readonly ParsedStats[]>;
  readonly tenant: Tenant;
  readonly holder: Holder;
  readonly signal: AbortSignal;
  /** To be waited for before any click is read. */
  readonly begin: () => Promise<void>;
}

/**
 * Waits for the holder's share of queries and runs the query. One that needs more memory is given a second try alone.
 * @returns the responses in the order of the requests
 * @throws AppError `unavailable` or `query_timeout`
 */
export async function computeStats(
  services: Services,
  view: StatsView,
): Promise<readonly ComputedResponse[]> {
  const { parsed, tenant, holder, signal } = view;
  const query = mergedQuery(parsed.map((one) => one.query));
  const { isExpensive, workload, cost } = classOf(query, tenant, holder, services.cache.rowEstimates);
  const { queries, expensiveQueries, largeQueries } = services.shares;
  const request = { signal, cost };
  const queued = (): Promise<readonly ComputedResponse[]> =>
    queries.within(holder, () => execute(services, view, workload), request);
  try {
    return await (isExpensive ? expensiveQueries.within(holder, queued, request) : queued());
  } catch (error) {
    if (!isOverItsMemory(error)) throw error;
    return largeQueries.within(holder, () => execute(services, view, 'large'), request);
  }
}

async function execute(
  services: Services,
  { parsed: first, again, tenant, signal, begin }: StatsView,
  workload: Workload,
): Promise<readonly ComputedResponse[]> {
  const { cache, database, sharding } = services;
  await begin();
  // Clicks that came while it waited for its share count as well: a range that ends now is parsed as of now.
  const parsed = again !== undefined && first.some(dependsOnNow) ? await again() : first;
  const queries = await withOldestClick(services, parsed, tenant, workload);
  const at = Math.max(...parsed.map((one) => one.at));
  const query = await withSameClock(services, mergedQuery(queries));
  const options = {
    visitorPlan: chooseVisitorPlan(query, cache.visitorCounts.find(query, tenant)),
    sharding,
    read: (statement: Sql) =>
      database.rows<StatsRow>(statement, {
        workload,
        signal,
        maxSeconds: database.deadlines.statsMs / 1_000,
      }),
  };
  const { run } = await cache.rowEstimates.learnFrom(query, tenant, async () => {
    const run = await runStats({ query, at }, tenant, options);
    return { run, summary: run.result.summary };
  });
  cache.visitorCounts.learn(query, tenant, run.result);
  const responses: ComputedResponse[] = [];
  for (const result of shapeMerged(run, queries)) {
    const body = await jsonBytes(result);
    responses.push({
      body,
      tag: await tagOf(body, result.generated_at),
      range: comparedRange(query),
      cacheability: cacheabilityOf(query, at),
    });
  }
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

/** @param at when the query was parsed, Unix milliseconds */
function cacheabilityOf(query: StatsQuery, at: number): ComputedResponse['cacheability'] {
  const { endsNow = false, keptSince } = query;
  if (endsNow) return { cacheable: false, reason: 'open_range' };
  const { start } = comparedRange(query);
  return { cacheable: true, untilMs: keptSince === undefined ? Infinity : start + at - keptSince };
}
