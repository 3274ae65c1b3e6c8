import type { Database } from '../clickhouse/database.ts';
import type { StatsRequest } from '../stats/request.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { Sharding } from '../stats/sql/click-source.ts';
import type { CacheBudget } from './cache-budget.ts';
import type { CountCacheRequest, MissReason } from './cache-outcome.ts';
import { DataChanges } from './data-changes.ts';
import { FreshnessCheck } from './freshness-check.ts';
import { type ParsedRequest, ParsedRequests, cacheKey } from './parsed-requests.ts';
import { type ComputeView, ResponseCache, type ViewRequest } from './response-cache.ts';
import { RowEstimates } from './row-estimates.ts';
import { type CachedResponse, type StatsResponse, StoredResponses } from './stored-responses.ts';
import { VisitorCounts } from './visitor-counts.ts';

export interface StatsCacheOptions {
  readonly database: Database;
  /** Where the clicks are sharded; undefined: they are all in one table. */
  readonly sharding: Sharding | undefined;
  readonly budget: CacheBudget;
  readonly count: CountCacheRequest;
}

/**
 * All caches of statistics: parsed requests, responses, and estimates of a query's cost from earlier results. Code that changes clicks
 * reports it with one call, `dataChanged`.
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
    this.#responses = new ResponseCache(new StoredResponses(responses, this.#changes, freshness), count);
  }

  /**
   * To be called before a change of these owners' clicks, or of anybody's, is acknowledged, and also when it has failed: no
   * response from before it is served from then on.
   */
  dataChanged(owners: Iterable<string> | 'every-owner'): void {
    this.#changes.note(owners);
  }

  /** The changes of clicks that this process has made. */
  get changes(): Pick<DataChanges, 'now' | 'next' | 'isEnding' | 'endWaits'> {
    return this.#changes;
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

  /** Whether a request would be served from the cache, and if not, why. */
  async outcomeOf(
    request: ParsedRequest,
    tenant: Tenant,
  ): Promise<{ readonly outcome: 'hit' | 'miss' | 'off'; readonly reason: MissReason | null }> {
    if (this.#responses === undefined) return { outcome: 'off', reason: null };
    const miss = await this.#responses.missOf({ key: cacheKey(request, tenant), tenant });
    return miss === undefined ? { outcome: 'hit', reason: null } : { outcome: 'miss', reason: miss };
  }

  /** Whether ClickHouse tells when a tenant's clicks change, so that responses can be kept for longer than a moment. */
  async tellsChanges(tenant: Tenant): Promise<boolean> {
    return (await this.#responses?.tellsChanges(tenant)) ?? false;
  }

  /**
   * The responses to requests about a tenant's clicks, all of one view: cached, coalesced with identical requests under way, or
   * computed.
   * @throws what `compute` throws; the signal's reason when it aborts
   */
  async respond(
    requests: readonly ParsedRequest[],
    view: Omit<ViewRequest, 'keys' | 'isOpen'>,
    signal: AbortSignal,
    compute: ComputeView,
  ): Promise<readonly StatsResponse[]> {
    if (this.#responses === undefined) {
      view.told?.('miss', 'absent');
      return compute(signal, async () => {});
    }
    const keys = requests.map((request) => cacheKey(request, view.tenant));
    const isOpen = requests.some((request) => request.isOpen);
    return this.#responses.respondTogether({ ...view, keys, isOpen }, signal, compute);
  }
}
