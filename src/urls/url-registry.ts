import type { CacheBudget } from '../cache/cache-budget.ts';
import type { Database } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import type { ClickRemoval } from '../erasure/click-removal.ts';
import { AppError } from '../errors.ts';
import type { TagPiece } from '../stats/sql/tag-source.ts';
import { ImportedUrls } from './imported-urls.ts';
import { ShortCodeLock } from './short-code-lock.ts';
import type { NewUrl, ShortUrl, UrlChange } from './short-url.ts';
import { type StoredUrl, StoredUrls, type UrlWrite } from './stored-urls.ts';
import { tagPieces } from './tag-pieces.ts';
import type { UrlListing } from './url-listing.ts';

export interface PutDefaults {
  /** Owner of a URL that is new. */
  readonly ownerId: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Throws when the one who asks may not change the URL. */
  readonly mayChange: (existing: ShortUrl) => void;
}

export interface UrlPage {
  readonly items: readonly ShortUrl[];
  /** Whether more follow. */
  readonly hasNext: boolean;
}

/** Codes that one registration looks up, and the most that may wait for one. */
const REGISTERED_TOGETHER = 20_000;
const REGISTRATIONS_WAITING = 1_000_000;

/** The same for codes that are looked up one by one. */
const LOOKED_UP_TOGETHER = 1_000;
const LOOK_UPS_WAITING = 100_000;

/** Codes that are checked for clicks at once. */
const UNUSED_TOGETHER = 4_096;

/** The URLs in ClickHouse, and a cache of them. */
export class UrlRegistry {
  /** Held by inserts of clicks, so that none is stored after a deletion. */
  readonly codeLock = new ShortCodeLock();
  readonly #database: Database;
  readonly #stored: StoredUrls;
  readonly #imported: ImportedUrls;
  readonly #removal: ClickRemoval;
  readonly #isOnlyWriter: boolean;
  readonly #registrations = new GroupCommit(
    (wanted: readonly (readonly NewUrl[])[]) => this.#register(wanted),
    {
      group: REGISTERED_TOGETHER,
      waiting: REGISTRATIONS_WAITING,
    },
  );
  /** A lookup costs ClickHouse about as much as a small stats query, so concurrent ones share a query. */
  readonly #lookUps = new GroupCommit((codes: readonly string[]) => this.#read([...new Set(codes)]), {
    group: LOOKED_UP_TOGETHER,
    waiting: LOOK_UPS_WAITING,
  });
  #writing: Promise<unknown> = Promise.resolve();

  /** @param isOnlyWriter nobody else changes these URLs, so a cached one is fresh until it is changed here */
  constructor(
    database: Database,
    nextVersion: NextVersion,
    removal: ClickRemoval,
    caches: CacheBudget,
    isOnlyWriter: boolean,
  ) {
    this.#database = database;
    this.#stored = new StoredUrls(database, nextVersion, caches.open('urls'), isOnlyWriter);
    this.#imported = new ImportedUrls(database, this.#stored);
    this.#removal = removal;
    this.#isOnlyWriter = isOnlyWriter;
  }

  /**
   * A URL by its code.
   * @param accepts a URL that it rejects is treated as missing, and costs a look-up like a missing one, so that timing does not reveal it
   */
  async find(
    shortCode: string,
    accepts: (url: ShortUrl) => boolean = () => true,
  ): Promise<ShortUrl | undefined> {
    const cached = await this.#stored.cached.find(shortCode, accepts);
    if (cached !== undefined) return cached;
    const url = (await this.#lookUps.add(shortCode, 1)).get(shortCode);
    return url !== undefined && accepts(url) ? url : undefined;
  }

  /** The URLs among `shortCodes` that exist, by code. */
  async findMany(shortCodes: readonly string[]): Promise<Map<string, ShortUrl>> {
    const found = this.#cached(shortCodes);
    const missing = shortCodes.filter((code) => !found.has(code));
    for (const [code, url] of await this.#read(missing)) found.set(code, url);
    return found;
  }

  #cached(shortCodes: readonly string[]): Map<string, ShortUrl> {
    const found = new Map<string, ShortUrl>();
    for (const code of shortCodes) {
      const url = this.#stored.cached.get(code);
      if (url !== undefined) found.set(code, url);
    }
    return found;
  }

  /** The URLs among `shortCodes` that exist now, whatever is cached. */
  async #read(shortCodes: readonly string[]): Promise<Map<string, ShortUrl>> {
    const found = new Map<string, ShortUrl>();
    for (const [code, stored] of await this.#stored.read(shortCodes)) {
      const url = liveUrl(stored);
      if (url !== undefined) found.set(code, url);
    }
    return found;
  }

  /**
   * Registers those of `wanted` whose code nobody owns yet.
   * Where there can be other instances it asks ClickHouse, whatever is cached: a URL may just have been deleted with its
   * clicks.
   * @returns URLs by code, those of all its codes among them: the new ones and those that were there, whoever owns them
   */
  async registerMissing(wanted: readonly NewUrl[]): Promise<ReadonlyMap<string, ShortUrl>> {
    const known = this.#isOnlyWriter ? this.#cached(wanted.map(({ shortCode }) => shortCode)) : new Map();
    if (wanted.every(({ shortCode }) => known.has(shortCode))) return known;
    return this.#registrations.add(wanted, wanted.length);
  }

  /** For several requests at once. Of two that want the same new code the first gets it. */
  async #register(requests: readonly (readonly NewUrl[])[]): Promise<ReadonlyMap<string, ShortUrl>> {
    const wanted = new Map<string, NewUrl>();
    for (const url of requests.flat()) if (!wanted.has(url.shortCode)) wanted.set(url.shortCode, url);
    const codes = [...wanted.keys()];
    const known = await this.#read(codes);
    if (known.size === codes.length) return known;
    return this.#exclusively(async () => {
      const stored = await this.#stored.read(codes);
      const registered = new Map<string, ShortUrl>();
      const added: UrlWrite[] = [];
      for (const [code, { importId, ...url }] of wanted) {
        const replaces = stored.get(code);
        const existing = liveUrl(replaces);
        if (existing === undefined) added.push({ url, isDeleted: false, importId, replaces });
        registered.set(code, existing ?? url);
      }
      await this.#stored.write(added);
      return registered;
    });
  }

  /**
   * Creates or changes a URL.
   * @throws AppError `conflict` when it exists and has another owner than the change names, and whatever `mayChange` throws
   */
  async put(shortCode: string, change: UrlChange, defaults: PutDefaults) {
    return this.#exclusively(async () => {
      const replaces = (await this.#stored.read([shortCode])).get(shortCode);
      const existing = liveUrl(replaces);
      if (existing !== undefined) defaults.mayChange(existing);
      if (existing !== undefined && change.ownerId !== undefined && change.ownerId !== existing.ownerId) {
        throw new AppError('conflict', 'The URL has another owner, and an owner does not change.', {
          field: 'owner_id',
        });
      }
      const url: ShortUrl = {
        shortCode,
        ownerId: existing?.ownerId ?? change.ownerId ?? defaults.ownerId,
        createdAt: change.createdAt ?? existing?.createdAt ?? defaults.now,
        privateStats: change.privateStats ?? existing?.privateStats ?? true,
        longUrl: change.longUrl === undefined ? (existing?.longUrl ?? null) : change.longUrl,
        tags: change.tags ?? existing?.tags ?? [],
      };
      await this.#stored.write([{ url, isDeleted: false, replaces }]);
      return { url, isNew: existing === undefined };
    });
  }

  /** Removes a URL and all its clicks, from the clicks' side first: a failure in between leaves a URL to delete again. */
  async delete({ shortCode, ownerId }: ShortUrl): Promise<void> {
    await this.codeLock.alone(shortCode, async () => {
      const all = { shortCode, start: undefined, end: undefined, visitor: undefined };
      await this.#removal.remove(
        { ...all, ownerId },
        // The lock keeps this URL's clicks out already.
        (work) => work(),
        // Its log is kept out for every owner, since it has the same clicks.
        { ...all, ownerId: undefined },
      );
      await this.#exclusively(async () => {
        const replaces = (await this.#stored.read([shortCode])).get(shortCode);
        const url = liveUrl(replaces);
        // Another instance may have deleted it meanwhile, and somebody else have it by now.
        if (url?.ownerId === ownerId) await this.#stored.write([{ url, isDeleted: true, replaces }]);
      });
    });
  }

  /**
   * Deletes the URLs that an import registered, that were not changed since, and that have no clicks. Unlike other deleted URLs, they
   * come back with their log. Those with clicks count as registered by whatever added these clicks.
   * @returns how many were deleted
   */
  async deleteUnused(importId: bigint): Promise<number> {
    let deleted = 0;
    let codes = await this.#imported.codesOf(importId, '', UNUSED_TOGETHER);
    while (codes.length > 0) {
      // No click comes in between the look for clicks and the deletion.
      deleted += await this.codeLock.shut(() =>
        this.#exclusively(() => this.#imported.deleteUnused(importId, codes)),
      );
      codes = await this.#imported.codesOf(importId, codes.at(-1) ?? '', UNUSED_TOGETHER);
    }
    return deleted;
  }

  /** Removes what is left of URLs that were deleted before a moment, Unix milliseconds, once it is much. @throws AppError `unavailable` */
  async removeTombstones(before: number): Promise<void> {
    await this.#stored.removeTombstones(before);
  }

  /** One page of URLs. */
  async list(listing: UrlListing): Promise<UrlPage> {
    const urls = await this.#stored.list({ ...listing, limit: listing.limit + 1 });
    return { items: urls.slice(0, listing.limit), hasNext: urls.length > listing.limit };
  }

  /** How many URLs there are on all pages. */
  async count(listing: UrlListing): Promise<number> {
    return this.#stored.count(listing);
  }

  /**
   * The tags of an owner's URLs, or of everybody's; of no URL where it has none.
   * @returns undefined where there are more than can be sent to shards
   */
  async tagPieces(ownerId: string | undefined): Promise<readonly TagPiece[] | undefined> {
    return tagPieces(this.#database, ownerId);
  }

  /** One writer at a time, so that two requests cannot both find a code free. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work, work);
    this.#writing = result.catch(() => {});
    return result;
  }
}

function liveUrl(stored: StoredUrl | undefined): ShortUrl | undefined {
  return stored?.isDeleted === false ? stored.url : undefined;
}
