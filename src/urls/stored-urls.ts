import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP, type QueryOptions } from '../clickhouse/query-options.ts';
import type { ByteLru } from '../cache/byte-lru.ts';
import { type CachedRow, RowCache } from '../cache/row-cache.ts';
import { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';
import type { TagPiece } from '../stats/sql/tagged-urls.ts';
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

/** A URL that came with an import. */
export interface RegisteredUrl {
  readonly stored: StoredUrl;
  /** The newest import that its clicks came with, 0 where not all came with one; undefined: it has none. */
  readonly clicksOf: bigint | undefined;
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
const LISTING: QueryOptions = { ...LOOK_UP, workload: 'links' };

/** It may read the clicks of many codes. */
const CLICKS_LOOK_UP: QueryOptions = { workload: 'intake', maxSeconds: 60 };

/** The same object for all URLs without a tag. */
const NO_TAGS: readonly string[] = [];

/** The most tags that are sent to shards: their texts and codes. A piece fits in a parameter, however it is escaped. */
const MAX_TAGS_BYTES = 1_048_576;
const PIECE_BYTES = 50_000;

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
    const stored = await this.#select(
      sql`WHERE short_code IN ${param('Array(String)', shortCodes)}`,
      LOOK_UP,
    );
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
    const stored = await this.#select(
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

  /** The codes after `after`, in order, that an import registered and that were not changed since. */
  async registeredBy(importId: bigint, after: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#database.rows<[string]>(
      sql`SELECT short_code FROM urls FINAL
      WHERE ${isRegisteredBy(importId)} AND short_code > ${param('String', after)}
      ORDER BY short_code LIMIT ${param('UInt32', limit)}`,
      LISTING,
    );
    return rows.flat();
  }

  /** Those among `shortCodes` that an import registered and that were not changed since, and what their clicks came with. */
  async registeredWithClicks(
    importId: bigint,
    shortCodes: readonly string[],
  ): Promise<readonly RegisteredUrl[]> {
    const codes = param('Array(String)', shortCodes);
    const stored = await this.#select(
      sql`WHERE short_code IN ${codes} AND ${isRegisteredBy(importId)}`,
      LISTING,
    );
    const owners = [...new Set(stored.map(({ url }) => url.ownerId))];
    const found = await this.#database.rows<[string, string]>(
      sql`SELECT short_code, toString(if(min(import_id) = 0, 0, max(import_id))) FROM clicks
      WHERE owner_id IN ${param('Array(String)', owners)} AND short_code IN ${codes}
      GROUP BY short_code`,
      CLICKS_LOOK_UP,
    );
    const clicksOf = new Map(found.map(([code, id]) => [code, BigInt(id)]));
    return stored.map((one) => ({ stored: one, clicksOf: clicksOf.get(one.url.shortCode) }));
  }

  /** The tags of URLs in pieces that each are one parameter; undefined for more than `MAX_TAGS_BYTES`. */
  async tagPieces(ownerId: string | undefined): Promise<readonly TagPiece[] | undefined> {
    const conditions = [...urlConditions({ ownerId, filter: {} }), sql`notEmpty(tags)`];
    const rows = await this.#database.rows<[codes: string, tags: string, bytes: number]>(
      sql`SELECT arrayStringConcat(groupArray(short_code), '\n'), arrayStringConcat(groupArray(joined), '\n'),
        toUInt32(max(bytes))
      FROM (
        SELECT short_code, arrayStringConcat(tags, '\t') AS joined, length(short_code) + length(joined) + 2 AS own,
          sum(own) OVER (ORDER BY short_code ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS bytes
        FROM urls FINAL WHERE ${join(conditions, ' AND ')}
      )
      WHERE bytes - own <= ${param('UInt32', MAX_TAGS_BYTES)}
      GROUP BY intDiv(bytes, ${param('UInt32', PIECE_BYTES)})`,
      LISTING,
    );
    const isTooMuch = rows.some(([, , bytes]) => bytes > MAX_TAGS_BYTES);
    return isTooMuch ? undefined : rows.map(([codes, tags]) => [codes, tags] as const);
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

  async #select(condition: Sql, options: QueryOptions): Promise<readonly StoredUrl[]> {
    const rows = await this.#database.rows<Row>(sql`${SELECT} ${condition}`, options);
    return rows.map(([shortCode, ownerId, createdAt, privateStats, longUrl, tags, isDeleted, version]) => ({
      url: { shortCode, ownerId, createdAt, privateStats, longUrl, tags: tags.length === 0 ? NO_TAGS : tags },
      isDeleted,
      version,
    }));
  }
}

function isRegisteredBy(importId: bigint): Sql {
  return sql`import_id = ${param('UInt64', String(importId))} AND NOT is_deleted`;
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
