import { AppError } from '../errors.ts';
import { type Holder, holderKey } from '../fair-share/holder.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import { CoalescedWork } from './coalesced-work.ts';
import type { DataChanges, Moment } from './data-changes.ts';
import type { OwnerLru } from './owner-lru.ts';
import type { FreshnessCheck, PartVersions } from './freshness-check.ts';

/** The response to a stats request as it is sent. */
export interface StatsResponse {
  readonly body: Buffer;
  /** Names everything in the body but the time it was generated at. */
  readonly tag: string;
}

/** Whether a response may be served beyond its TTL, as long as the part versions of its range stay the same. */
export type Cacheability =
  /** @property untilMs Unix time from which on clicks leave its range although nothing changes them; Infinity: never */
  | { readonly cacheable: true; readonly untilMs: number }
  | { readonly cacheable: false; readonly reason: 'open_range' };

export interface ComputedResponse extends StatsResponse {
  readonly range: TimeRange;
  readonly cacheability: Cacheability;
}

/** A request that is looked up. */
export interface CacheRequest extends Omit<ViewRequest, 'keys' | 'isOwnView' | 'told'> {
  /** Equal for identical requests about the same tenant, whenever they are sent. */
  readonly key: string;
}

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

export const CACHE_OUTCOMES = ['hit', 'miss', 'coalesced'] as const;
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/**
 * Why there was no response to serve: none was cached; clicks of its range have changed; its range ends now; clicks have
 * left its range through retention; or ClickHouse has no part versions to tell (sharded or replicated clicks).
 */
export const MISS_REASONS = ['absent', 'changed', 'open_range', 'expired', 'no_part_version'] as const;
export type MissReason = (typeof MISS_REASONS)[number];

/** Told the outcome of each request, and the reason of each miss. */
export type CountCacheRequest = (outcome: CacheOutcome, reason?: MissReason) => void;

/**
 * Milliseconds for which a response is served without a freshness check. Half of the 2 s within which changes through
 * other processes must be in every response.
 */
const TTL_MS = 1_000;

/** Bytes of an entry beside its body. */
const OVERHEAD = 1_024;

export interface CachedResponse {
  readonly response: ComputedResponse;
  readonly revalidation:
    | { readonly cacheable: true; readonly untilMs: number; readonly partVersion: string }
    | { readonly cacheable: false; readonly reason: MissReason };
  /** The same object in all responses that were computed together. */
  readonly view: object;
  /** All that had changed by then is in the response. */
  since: Moment;
}

type Lookup = CachedResponse | { readonly miss: MissReason };
type ViewLookup = { readonly responses: readonly StatsResponse[] } | { readonly miss: MissReason };

/** A computation under way; without `since` it has not begun to read clicks. */
interface Computation {
  readonly work: CoalescedWork<readonly ComputedResponse[]>;
  since?: Moment;
}

/**
 * Responses for identical requests. None is older than a change that this process has acknowledged, nor than TTL_MS unless
 * a freshness check finds that ClickHouse holds the same parts for the months of a range that has ended.
 */
export class ResponseCache {
  readonly #changes: DataChanges;
  readonly #freshness: Pick<FreshnessCheck, 'partVersions'>;
  readonly #count: CountCacheRequest;
  readonly #entries: OwnerLru<CachedResponse>;
  readonly #computations = new Map<string, Computation>();

  constructor(
    entries: OwnerLru<CachedResponse>,
    changes: DataChanges,
    freshness: Pick<FreshnessCheck, 'partVersions'>,
    count: CountCacheRequest,
  ) {
    this.#entries = entries;
    this.#changes = changes;
    this.#freshness = freshness;
    this.#count = count;
  }

  /** The response that is cached for a request and fresh. Only a hit is counted. */
  async find(request: Pick<CacheRequest, 'key' | 'tenant'>): Promise<StatsResponse | undefined> {
    const found = this.#lookUp(request);
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
    const lookup = await this.#lookUpAll(request);
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

  async #lookUpAll({ keys, tenant }: ViewRequest): Promise<ViewLookup> {
    const found: CachedResponse[] = [];
    for (const key of keys) {
      const lookup = await this.#lookUp({ key, tenant });
      if ('miss' in lookup) return lookup;
      found.push(lookup);
    }
    const isOneView = found.every(({ view }) => view === found[0]?.view);
    return isOneView ? { responses: found.map(({ response }) => response) } : { miss: 'absent' };
  }

  async tellsChanges(tenant: Tenant): Promise<boolean> {
    return (await this.#freshness.partVersions(tenant, TTL_MS)) !== undefined;
  }

  /** What there is for a request, without counting it; undefined: a response that can be served. */
  async missOf(request: Pick<CacheRequest, 'key' | 'tenant'>): Promise<MissReason | undefined> {
    const lookup = await this.#lookUp(request);
    return 'miss' in lookup ? lookup.miss : undefined;
  }

  /** A lookup within the TTL is synchronous: it is what a repeated request costs. */
  #lookUp({ key, tenant }: Pick<CacheRequest, 'key' | 'tenant'>): Lookup | Promise<Lookup> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return { miss: 'absent' };
    return this.#changes.isFresh(entry.since, tenant, TTL_MS) ? entry : this.#revalidate(entry, tenant);
  }

  async #revalidate(entry: CachedResponse, tenant: Tenant): Promise<Lookup> {
    const { response, revalidation } = entry;
    if (!revalidation.cacheable) return { miss: revalidation.reason };
    if (revalidation.untilMs <= Date.now()) return { miss: 'expired' };
    const versions = await this.#freshness.partVersions(tenant, TTL_MS);
    if (versions === undefined) return { miss: 'no_part_version' };
    if (versions.of(response.range) !== revalidation.partVersion) return { miss: 'changed' };
    entry.since = versions.since;
    return entry;
  }

  #mayJoin({ work, since }: Computation, { tenant }: ViewRequest): boolean {
    return !work.isAborted && (since === undefined || this.#changes.isFresh(since, tenant, TTL_MS));
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
      if (!request.isOpen) versions = await this.#freshness.partVersions(request.tenant, TTL_MS);
      computation.since = this.#changes.now();
    };
    try {
      const responses = await compute(signal, begin);
      const view = {};
      for (const [place, response] of responses.entries()) {
        const key = request.keys[place];
        if (key === undefined || computation.since === undefined) continue;
        this.#store({ ...request, key }, response, { view, versions, since: computation.since });
      }
      return responses;
    } finally {
      if (this.#computations.get(key) === computation) this.#computations.delete(key);
    }
  }

  #store(
    { key, tenant }: Pick<CacheRequest, 'key' | 'tenant'>,
    response: ComputedResponse,
    {
      view,
      versions,
      since,
    }: { readonly view: object; readonly versions: PartVersions | undefined; readonly since: Moment },
  ): void {
    const revalidation = revalidationOf(response, versions);
    const partVersionLength = revalidation.cacheable ? revalidation.partVersion.length : 0;
    const bytes = response.body.length + 2 * (key.length + partVersionLength) + OVERHEAD;
    const own = { ...response, body: ownBytes(response.body) };
    // Responses about one owner's clicks, whoever asks for them, do not displace those about the others'.
    const ownerId = tenant.kind === 'every-owner' ? EVERY_OWNER : tenant.ownerId;
    this.#entries.set(key, { response: own, revalidation, view, since }, bytes, ownerId);
  }
}

function revalidationOf(
  { cacheability, range }: ComputedResponse,
  versions: PartVersions | undefined,
): CachedResponse['revalidation'] {
  if (!cacheability.cacheable) return cacheability;
  if (versions === undefined) return { cacheable: false, reason: 'no_part_version' };
  return { ...cacheability, partVersion: versions.of(range) };
}

/**
 * Equal for requests that may wait for the same computation. An owner’s neither wait in the queue for another’s share nor are
 * refused with them. Strangers all have one share, and many of them may ask the same of one link.
 */
function coalescingKey({ keys, holder }: ViewRequest): string {
  return [holder.kind === 'stranger' ? holder.kind : holderKey(holder), ...keys].join('\0');
}

/** No owner's id: those have no control characters. */
const EVERY_OWNER = '\0';

/** Bytes in memory of their own: a small Buffer is a piece of a shared one, all of which would stay with it. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
