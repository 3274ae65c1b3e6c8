import { assertNever } from '../errors.ts';
import { ownCopy } from '../lib/own-copy.ts';
import { sha256 } from '../lib/sha256.ts';
import type { StatsRequest } from '../stats/request.ts';
import type { Subject } from '../stats/query.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import type { ByteLru } from './byte-lru.ts';

/** What the cache needs to know of a stats request that has been parsed. */
export interface ParsedRequest {
  readonly subject: Subject;
  /** Equal for requests that differ only in their wording or in when they were sent. All are of one length. */
  readonly digest: string;
  /** Its range ends now, so that clicks which are yet to come belong to it. */
  readonly isOpen: boolean;
  /** The tenant of its latest lookup and the cache key of that, which is then not built anew. */
  latest?: { readonly tenant: Tenant; readonly key: string };
}

/**
 * An `end_date` in the future is clamped to now, and `range=today` moves at midnight, so such a request is parsed again after this
 * time.
 */
const RELATIVE_TTL_MS = 1_000;

/** Bytes of an entry beside its texts. */
const OVERHEAD = 1_024;

/** A longer query string is stored as its hash. */
const MAX_KEY_LENGTH = 512;

/** Parsed requests by query string, so that a repeated one need not be parsed again. */
export class ParsedRequests {
  readonly #entries: ByteLru<ParsedRequest>;

  constructor(cache: ByteLru<ParsedRequest>) {
    this.#entries = cache;
  }

  find(queryString: string): ParsedRequest | undefined {
    return this.#entries.get(keyOf(queryString));
  }

  add(queryString: string, asked: StatsRequest): ParsedRequest {
    const request = parsedRequest(asked);
    const dependsOnNow =
      asked.rangeName !== undefined || (request.isOpen && queryString.includes('end_date'));
    const key = keyOf(queryString);
    const bytes = 2 * (key.length + sizeOf(request.subject)) + OVERHEAD;
    // What a segment stands for can change.
    if (asked.segments.length > 0) return request;
    this.#entries.set(key, request, bytes, dependsOnNow ? RELATIVE_TTL_MS : undefined);
    return request;
  }
}

/** What the cache needs to know of a request. */
export function parsedRequest(asked: StatsRequest): ParsedRequest {
  const { endsNow: isOpen } = asked;
  const end = isOpen ? 'now' : asked.end;
  const digest = sha256(JSON.stringify({ ...asked, end, keptSince: undefined }));
  return { subject: ownSubject(asked.subject), digest, isOpen };
}

/** No query string begins with the zero byte that marks a hash. */
function keyOf(queryString: string): string {
  return queryString.length <= MAX_KEY_LENGTH ? queryString : `\0${sha256(queryString)}`;
}

function ownSubject(subject: Subject): Subject {
  if (subject.scope === 'anon') return { ...subject, shortCode: ownCopy(subject.shortCode) };
  return { ...subject, ownerId: subject.ownerId === undefined ? undefined : ownCopy(subject.ownerId) };
}

function sizeOf(subject: Subject): number {
  return subject.scope === 'anon' ? subject.shortCode.length : (subject.ownerId?.length ?? 0);
}

/** The cache key of a request about a tenant's clicks. */
export function cacheKey(request: ParsedRequest, tenant: Tenant): string {
  if (request.latest === undefined || !isSame(request.latest.tenant, tenant)) {
    request.latest = { tenant, key: newKey(request, tenant) };
  }
  return request.latest.key;
}

function isSame(one: Tenant, other: Tenant): boolean {
  if (one.kind === 'every-owner' || other.kind === 'every-owner') return one.kind === other.kind;
  if (one.ownerId !== other.ownerId) return false;
  return one.kind === 'url'
    ? other.kind === 'url' && one.shortCode === other.shortCode
    : other.kind === 'owner';
}

/** Lengths stand before texts of any kind, so that no two tenants share a key. */
function newKey({ digest }: ParsedRequest, tenant: Tenant): string {
  switch (tenant.kind) {
    case 'owner':
      return `owner ${tenant.ownerId.length} ${tenant.ownerId} ${digest}`;
    case 'url':
      return `url ${tenant.ownerId.length} ${tenant.ownerId} ${tenant.shortCode.length} ${tenant.shortCode} ${digest}`;
    case 'every-owner':
      return `every-owner ${digest}`;
    default:
      return assertNever(tenant);
  }
}
