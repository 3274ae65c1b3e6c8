import type { Database } from '../clickhouse/database.ts';
import type { Holder } from '../fair-share/holder.ts';
import type { StatsRequest } from '../stats/parse/query.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { Sharding } from '../stats/sql/sharding.ts';
import type { CacheBudget } from './cache-budget.ts';
import { DataChanges } from './data-changes.ts';
import { FreshnessCheck } from './freshness-check.ts';
import { type ParsedRequest, ParsedRequests, cacheKey } from './parsed-requests.ts';
import {
  type CachedResponse,
  type ComputeResponse,
  type CountCacheRequest,
  ResponseCache,
  type StatsResponse,
} from './response-cache.ts';
import { RowEstimates } from './row-estimates.ts';
import { VisitorCounts } from './visitor-counts.ts';

export interface StatsCacheOptions {
  readonly database: Database;
  /** Where the clicks are sharded; undefined: they are all in one table. */
  readonly sharding: Sharding | undefined;
  readonly budget: CacheBudget;
  readonly count: CountCacheRequest;
}

/**
 * All that is cached of statistics: parsed requests, responses, and what earlier results told of a query's cost. Whoever
 * changes clicks says so with one call, `dataChanged`.
 */
export class StatsCache {
  /** How many clicks queries read. */
  readonly rowEstimates: RowEstimates;
  /** How often visitors return. */
  readonly visitorCounts: VisitorCounts;
  readonly #changes = new DataChanges();
  readonly #parsed: ParsedRequests;
  /** undefined: the cache is switched off, and every request is a query of its own. */
  readonly #responses: ResponseCache | undefined;

  constructor({ database, sharding, budget, count }: StatsCacheOptions) {
    this.rowEstimates = new RowEstimates(database, sharding);
    this.visitorCounts = new VisitorCounts(budget.open('visitor_counts'));
    this.#parsed = new ParsedRequests(budget.open('parsed_requests'));
    const responses = budget.openByOwner<CachedResponse>('responses');
    if (budget.isOff) return;
    const freshness = new FreshnessCheck(database, this.#changes);
    this.#responses = new ResponseCache(responses, this.#changes, freshness, count);
  }

  /**
   * To be called before a change of these owners' clicks, or of anybody's, is acknowledged, and also when it has failed: no
   * response from before it is served from then on.
   */
  dataChanged(owners: Iterable<string> | 'every-owner'): void {
    this.#changes.note(owners);
  }

  /** The request with this query string, if it was parsed before and means the same now. */
  findRequest(queryString: string): ParsedRequest | undefined {
    return this.#parsed.find(queryString);
  }

  addRequest(queryString: string, asked: StatsRequest): ParsedRequest {
    return this.#parsed.add(queryString, asked);
  }

  /** The fresh cached response to a request, if there is one. */
  async findResponse(request: ParsedRequest, tenant: Tenant): Promise<StatsResponse | undefined> {
    return this.#responses?.find({ key: cacheKey(request, tenant), tenant });
  }

  /**
   * The response to a request: cached, coalesced with an identical request under way, or computed.
   * @throws what `compute` throws; the signal's reason when it aborts
   */
  async respond(
    request: ParsedRequest,
    { tenant, holder }: { readonly tenant: Tenant; readonly holder: Holder },
    signal: AbortSignal,
    compute: ComputeResponse,
  ): Promise<StatsResponse> {
    if (this.#responses === undefined) return compute(signal, async () => {});
    const { isOpen } = request;
    return this.#responses.respond(
      { key: cacheKey(request, tenant), tenant, holder, isOpen },
      signal,
      compute,
    );
  }
}
