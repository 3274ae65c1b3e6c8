import type { Tenant } from '../stats/sql/conditions.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import type { MissReason } from './cache-outcome.ts';
import type { DataChanges, Moment } from './data-changes.ts';
import type { FreshnessCheck, PartVersions } from './freshness-check.ts';
import type { OwnerLru } from './owner-lru.ts';

/** The response to a stats request as it is sent. */
export interface StatsResponse {
  readonly body: Buffer;
  /** Names everything in the body but the time it was generated at. */
  readonly tag: string;
}

/** Whether a response may be served beyond its TTL, as long as the part versions that it depends on stay the same. */
export type Cacheability =
  /** @property untilMs Unix time from which on clicks leave its range although nothing changes them; Infinity: never */
  | { readonly cacheable: true; readonly untilMs: number }
  | { readonly cacheable: false; readonly reason: 'open_range' };

export interface ComputedResponse extends StatsResponse {
  readonly range: TimeRange;
  /** Whether it is about the tags of URLs, so that a change of a URL may be one of the response. */
  readonly dependsOnTags: boolean;
  readonly cacheability: Cacheability;
}

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

/** What names a response among the cached ones. */
export interface ResponseName {
  /** Equal for identical requests about the same tenant, whenever they are sent. */
  readonly key: string;
  readonly tenant: Tenant;
}

export type Lookup = CachedResponse | { readonly miss: MissReason };
export type ViewLookup = { readonly responses: readonly StatsResponse[] } | { readonly miss: MissReason };

/** What is true of all responses that are computed together. */
interface StoredView {
  readonly view: object;
  readonly versions: PartVersions | undefined;
  readonly since: Moment;
}

/**
 * The responses that are kept, as long as they are fresh: none is older than a change that this process has acknowledged, nor than
 * TTL_MS unless a freshness check finds that ClickHouse holds the same parts for the months of a range that has ended, and of the URLs
 * where it is about their tags.
 */
export class StoredResponses {
  readonly #entries: OwnerLru<CachedResponse>;
  readonly #changes: DataChanges;
  readonly #freshness: Pick<FreshnessCheck, 'partVersions'>;

  constructor(
    entries: OwnerLru<CachedResponse>,
    changes: DataChanges,
    freshness: Pick<FreshnessCheck, 'partVersions'>,
  ) {
    this.#entries = entries;
    this.#changes = changes;
    this.#freshness = freshness;
  }

  /** A lookup within the TTL is synchronous: it is what a repeated request costs. */
  lookUp({ key, tenant }: ResponseName): Lookup | Promise<Lookup> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return { miss: 'absent' };
    return this.isFresh(entry.since, tenant) ? entry : this.#revalidate(entry, tenant);
  }

  async #revalidate(entry: CachedResponse, tenant: Tenant): Promise<Lookup> {
    const { response, revalidation } = entry;
    if (!revalidation.cacheable) return { miss: revalidation.reason };
    if (revalidation.untilMs <= Date.now()) return { miss: 'expired' };
    const versions = await this.partVersions(tenant);
    if (versions === undefined) return { miss: 'no_part_version' };
    if (versions.of(response) !== revalidation.partVersion) return { miss: 'changed' };
    entry.since = versions.since;
    return entry;
  }

  /** The responses to requests, where all are kept, fresh, and of one view. */
  async lookUpAll(keys: readonly string[], tenant: Tenant): Promise<ViewLookup> {
    const found: CachedResponse[] = [];
    for (const key of keys) {
      const lookup = await this.lookUp({ key, tenant });
      if ('miss' in lookup) return lookup;
      found.push(lookup);
    }
    const isOneView = found.every(({ view }) => view === found[0]?.view);
    return isOneView ? { responses: found.map(({ response }) => response) } : { miss: 'absent' };
  }

  /** What tells whether clicks of a range change from now on; undefined where ClickHouse has nothing that tells. */
  async partVersions(tenant: Tenant): Promise<PartVersions | undefined> {
    return this.#freshness.partVersions(tenant, TTL_MS);
  }

  /** Whether what was read of a tenant's clicks at that moment may still be served. */
  isFresh(since: Moment, tenant: Tenant): boolean {
    return this.#changes.isFresh(since, tenant, TTL_MS);
  }

  now(): Moment {
    return this.#changes.now();
  }

  store(
    { key, tenant }: ResponseName,
    response: ComputedResponse,
    { view, versions, since }: StoredView,
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
  response: ComputedResponse,
  versions: PartVersions | undefined,
): CachedResponse['revalidation'] {
  const { cacheability } = response;
  if (!cacheability.cacheable) return cacheability;
  if (versions === undefined) return { cacheable: false, reason: 'no_part_version' };
  return { ...cacheability, partVersion: versions.of(response) };
}

/** No owner's id: those have no control characters. */
const EVERY_OWNER = '\0';

/** Copies a small Buffer out of Node's shared pool, all of which would otherwise stay in memory with it. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
