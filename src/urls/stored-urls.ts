import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP, type QueryOptions } from '../clickhouse/query-options.ts';
import type { ByteLru } from '../cache/byte-lru.ts';
import { type CachedRow, RowCache } from '../cache/row-cache.ts';
import { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';
import { ownCopy } from '../lib/own-copy.ts';
import type { ShortUrl } from './short-url.ts';
import { removeUrlTombstones } from './url-tombstones.ts';
import { type UrlListing, urlConditions, urlOrder } from './url-listing.ts';

/** The newest row of a short code. */
export interface StoredUrl {
  readonly url: ShortUrl;
  readonly isDeleted: boolean;
  readonly version: number;
}

/** What the row of a short code is to become. */
export interface UrlWrite {
  readonly url: ShortUrl;
  readonly isDeleted: boolean;
  /** The import that registers it, or takes it back. */
  readonly importId?: bigint | undefined;
  /** What was read of the code just before; undefined: no row is stored. */
  readonly replaces: StoredUrl | undefined;
}

const COLUMNS = [
  'short_code',
  'owner_id',
  'created_at',
  'private_stats',
  'long_url',
  'tags',
  'is_deleted',
  'import_id',
  'version',
];

type Row = readonly [string, string, number, boolean, string | null, readonly string[], boolean, number];

const SELECT = sql`
  SELECT short_code, owner_id, toUnixTimestamp64Milli(created_at), private_stats, long_url, tags, is_deleted, version
  FROM urls FINAL`;

/** A listing reads the whole table, so it runs in a workload that clicks and lookups do not wait for. */
export const LISTING: QueryOptions = { ...LOOK_UP, workload: 'links' };

/** The same object for all URLs without a tag. */
const NO_TAGS: readonly string[] = [];

/** Bytes of a cached URL beside its texts, and of each of its tags. */
const OVERHEAD = 512;
const TAG_OVERHEAD = 32;

type UrlCache = ByteLru<CachedRow<ShortUrl>>;

/** The table of URLs, and a cache of its rows. */
export class StoredUrls {
  readonly cached: RowCache<ShortUrl>;
  readonly #database: Database;
  readonly #nextVersion: NextVersion;

  /** @param isOnlyWriter nobody else changes these URLs, so a cached one is fresh until it is changed here */
  constructor(database: Database, nextVersion: NextVersion, cache: UrlCache, isOnlyWriter: boolean) {
    this.#database = database;
    this.#nextVersion = nextVersion;
    this.cached = new RowCache({
      cache,
      sizeOf,
      poll: isOnlyWriter ? undefined : new PartVersionPoll(database, 'urls'),
    });
  }

  /** What is stored now under these codes, whatever is cached; deleted URLs included. */
  async read(shortCodes: readonly string[]): Promise<ReadonlyMap<string, StoredUrl>> {
    if (shortCodes.length === 0) return new Map();
    const store = this.cached.beginRead();
    const stored = await this.select(sql`WHERE short_code IN ${param('Array(String)', shortCodes)}`, LOOK_UP);
    for (const { url, isDeleted } of stored) if (!isDeleted) store(url.shortCode, url);
    return new Map(stored.map((one) => [one.url.shortCode, one]));
  }

  /** URLs that are not deleted. */
  async list(listing: UrlListing): Promise<readonly ShortUrl[]> {
    const { after, offset, limit } = listing;
    const conditions = [
      ...urlConditions(listing),
      ...(after === undefined ? [] : [sql`short_code > ${param('String', after)}`]),
    ];
    const stored = await this.select(
      sql`WHERE ${join(conditions, ' AND ')}
      ORDER BY ${urlOrder(listing)} LIMIT ${param('UInt32', limit)} OFFSET ${param('UInt64', offset)}`,
      LISTING,
    );
    return stored.map(({ url }) => url);
  }

  /** How many URLs there are that a listing is a part of. */
  async count(listing: UrlListing): Promise<number> {
    const [row] = await this.#database.rows<[number]>(
      sql`SELECT toUInt32(count()) FROM urls FINAL WHERE ${join(urlConditions(listing), ' AND ')}`,
      LISTING,
    );
    return row?.[0] ?? 0;
  }

  /** Removes the tombstones of URLs that were deleted before a moment, Unix milliseconds, once there are many. */
  async removeTombstones(before: number): Promise<void> {
    await removeUrlTombstones(this.#database, before);
  }

  async write(writes: readonly UrlWrite[]): Promise<void> {
    if (writes.length === 0) return;
    const lines = writes.map(({ url, isDeleted, importId = 0n, replaces }) =>
      JSON.stringify([
        url.shortCode,
        url.ownerId,
        url.createdAt,
        url.privateStats,
        url.longUrl,
        url.tags,
        isDeleted,
        String(importId),
        this.#nextVersion(replaces?.version ?? 0),
      ]),
    );
    await this.cached.write(
      writes.map(({ url, isDeleted }) => [url.shortCode, isDeleted ? undefined : own(url)]),
      () => this.#database.insert('urls', COLUMNS, lines),
    );
  }

  /** The newest rows that a condition holds for, as they are stored now. @param condition with `WHERE` */
  async select(condition: Sql, options: QueryOptions): Promise<readonly StoredUrl[]> {
    const rows = await this.#database.rows<Row>(sql`${SELECT} ${condition}`, options);
    return rows.map(([shortCode, ownerId, createdAt, privateStats, longUrl, tags, isDeleted, version]) => ({
      url: { shortCode, ownerId, createdAt, privateStats, longUrl, tags: tags.length === 0 ? NO_TAGS : tags },
      isDeleted,
      version,
    }));
  }
}

/** A code that came with clicks is a piece of their text, which it would keep in memory. */
function own(url: ShortUrl): ShortUrl {
  return { ...url, shortCode: ownCopy(url.shortCode) };
}

/** The code counts twice, as the key and in the row. */
function sizeOf({ shortCode, ownerId, longUrl, tags }: ShortUrl): number {
  const tagBytes = tags.reduce((bytes, tag) => bytes + 2 * tag.length + TAG_OVERHEAD, 0);
  return 2 * (2 * shortCode.length + ownerId.length + (longUrl?.length ?? 0)) + tagBytes + OVERHEAD;
}
