import { AppError } from '../errors.ts';
import { type Holder, holderKey } from '../fair-share/holder.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { CountCacheRequest, MissReason } from './cache-outcome.ts';
import { CoalescedWork } from './coalesced-work.ts';
import type { Moment } from './data-changes.ts';
import type { PartVersions } from './freshness-check.ts';
import type { ComputedResponse, ResponseName, StatsResponse, StoredResponses } from './stored-responses.ts';

/** A request that is looked up. */
export type CacheRequest = Omit<ViewRequest, 'keys' | 'isOwnView' | 'told'> & ResponseName;

/** Requests that are looked up, and computed, together: their responses are of one view of the clicks. */
export interface ViewRequest {
  /** The cache key of each. */
  readonly keys: readonly string[];
  readonly tenant: Tenant;
  /** Whose share of queries it takes. */
  readonly holder: Holder;
  /** Its range ends now, so that clicks which are yet to come belong to it. */
  readonly isOpen: boolean;
  /** Told the outcome, as the metrics are. */
  readonly told?: CountCacheRequest | undefined;
  /** They are computed, whatever is cached or under way. Default: false. */
  readonly isOwnView?: boolean;
}

/** Computes something from clicks. It calls `begin`, and waits for it, just before it reads any of them. */
type Compute<Computed> = (signal: AbortSignal, begin: () => Promise<void>) => Promise<Computed>;

export type ComputeResponse = Compute<ComputedResponse>;

/** Computes the responses of a view, in the order of its keys. */
export type ComputeView = Compute<readonly ComputedResponse[]>;

/** A computation under way; without `since` it has not begun to read clicks. */
interface Computation {
  readonly work: CoalescedWork<readonly ComputedResponse[]>;
  since?: Moment;
}

/** Responses to requests: those that are kept and fresh, those under way for identical requests, or new ones. */
export class ResponseCache {
  readonly #stored: StoredResponses;
  readonly #count: CountCacheRequest;
  readonly #computations = new Map<string, Computation>();

  constructor(stored: StoredResponses, count: CountCacheRequest) {
    this.#stored = stored;
    this.#count = count;
  }

  /** The response that is cached for a request and fresh. Only a hit is counted. */
  async find(request: ResponseName): Promise<StatsResponse | undefined> {
    const found = this.#stored.lookUp(request);
    const lookup = found instanceof Promise ? await found : found;
    if ('miss' in lookup) return undefined;
    this.#count('hit');
    return lookup.response;
  }

  /** The response to a request alone. @throws as `respondTogether` */
  async respond(
    { key, ...request }: CacheRequest,
    signal: AbortSignal,
    compute: ComputeResponse,
  ): Promise<StatsResponse> {
    const [response] = await this.respondTogether({ ...request, keys: [key] }, signal, async (...args) => [
      await compute(...args),
    ]);
    if (response === undefined) throw new Error('There is no response.');
    return response;
  }

  /**
   * The responses to requests: the cached ones, those of identical requests under way, or new ones; all of one view.
   * @throws what `compute` throws; the signal's reason when it aborts
   */
  async respondTogether(
    request: ViewRequest,
    signal: AbortSignal,
    compute: ComputeView,
  ): Promise<readonly StatsResponse[]> {
    const count: CountCacheRequest = (...outcome) => {
      this.#count(...outcome);
      request.told?.(...outcome);
    };
    if (request.isOwnView === true) {
      count('miss', request.isOpen ? 'open_range' : 'absent');
      return this.#compute(request, compute).work.wait(signal);
    }
    const lookup = await this.#stored.lookUpAll(request.keys, request.tenant);
    if ('responses' in lookup) {
      count('hit');
      return lookup.responses;
    }
    const running = this.#computations.get(coalescingKey(request));
    if (running === undefined || !this.#mayJoin(running, request)) {
      count('miss', lookup.miss);
      return this.#compute(request, compute).work.wait(signal);
    }
    count('coalesced');
    try {
      return await running.work.wait(signal);
    } catch (error) {
      // The share of the one who asked first is used up: that must not refuse those who joined.
      const isRefused =
        running.since === undefined && error instanceof AppError && error.code === 'unavailable';
      if (!isRefused) throw error;
      return this.#compute(request, compute).work.wait(signal);
    }
  }

  async tellsChanges(tenant: Tenant): Promise<boolean> {
    return (await this.#stored.partVersions(tenant)) !== undefined;
  }

  /** What there is for a request, without counting it; undefined: a response that can be served. */
  async missOf(request: ResponseName): Promise<MissReason | undefined> {
    const lookup = await this.#stored.lookUp(request);
    return 'miss' in lookup ? lookup.miss : undefined;
  }

  #mayJoin({ work, since }: Computation, { tenant }: ViewRequest): boolean {
    return !work.isAborted && (since === undefined || this.#stored.isFresh(since, tenant));
  }

  #compute(request: ViewRequest, compute: ComputeView): Computation {
    const computation: Computation = {
      work: new CoalescedWork((signal) => this.#run(computation, request, signal, compute)),
    };
    this.#computations.set(coalescingKey(request), computation);
    return computation;
  }

  async #run(
    computation: Computation,
    request: ViewRequest,
    signal: AbortSignal,
    compute: ComputeView,
  ): Promise<readonly ComputedResponse[]> {
    const key = coalescingKey(request);
    let versions: PartVersions | undefined;
    const begin = async (): Promise<void> => {
      // Versions from before the clicks are read can only make the response look older than it is.
      if (!request.isOpen) versions = await this.#stored.partVersions(request.tenant);
      computation.since = this.#stored.now();
    };
    try {
      const responses = await compute(signal, begin);
      const view = {};
      for (const [place, response] of responses.entries()) {
        const key = request.keys[place];
        if (key === undefined || computation.since === undefined) continue;
        this.#stored.store({ ...request, key }, response, { view, versions, since: computation.since });
      }
      return responses;
    } finally {
      if (this.#computations.get(key) === computation) this.#computations.delete(key);
    }
  }
}

/**
 * Equal for requests that may share one computation. Requests of different owners never do: one would wait for, or be refused with,
 * the other's share. Anonymous clients have one share together, and many of them may send the same query for one link.
 */
function coalescingKey({ keys, holder }: ViewRequest): string {
  return [holder.kind === 'anonymous' ? holder.kind : holderKey(holder), ...keys].join('\0');
}
