import { type Database, LOOK_UP } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import type { ClickRemoval } from '../clicks/removal.ts';
import { AppError } from '../errors.ts';
import { EMPTY, param, sql } from '../sql/sql.ts';
import { CodeGate } from './code-gate.ts';
import { KnownUrls } from './known-urls.ts';

/** A short code somebody owns. Only its owner sees its clicks, unless `privateStats` is false. */
export interface ShortUrl {
  readonly shortCode: string;
  readonly ownerId: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly privateStats: boolean;
  readonly longUrl: string | null;
}

/** What a PUT may say; what it leaves out stays, or takes its default. */
export type UrlChange = {
  readonly [Field in 'ownerId' | 'createdAt' | 'privateStats' | 'longUrl']?: ShortUrl[Field] | undefined;
};

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
  /** The last short code of this page when more follow. */
  readonly next: string | null;
}

/** Codes looked up together, and the most that may wait for it. */
const REGISTERED_TOGETHER = 20_000;
const REGISTRATIONS_WAITING = 1_000_000;

/** The same for codes that are asked about one by one. */
const LOOKED_UP_TOGETHER = 1_000;
const LOOK_UPS_WAITING = 100_000;

const COLUMNS = [
  'short_code',
  'owner_id',
  'created_at',
  'private_stats',
  'long_url',
  'is_deleted',
  'version',
];

type Row = readonly [string, string, number, boolean, string | null];

/** The URLs there are, in ClickHouse, and before it what is known of them. */
export class UrlRegistry {
  /** Held by whoever inserts clicks, so that none slips in behind a deletion. */
  readonly gate = new CodeGate();
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #removal: ClickRemoval;
  readonly #isOnlyWriter: boolean;
  readonly #known: KnownUrls;
  readonly #registrations = new GroupCommit(
    (wanted: readonly (readonly ShortUrl[])[]) => this.#register(wanted),
    {
      group: REGISTERED_TOGETHER,
      waiting: REGISTRATIONS_WAITING,
    },
  );
  /** A look-up costs ClickHouse about as much as a small question does, so those that come together go together. */
  readonly #lookUps = new GroupCommit((codes: readonly string[]) => this.#read([...new Set(codes)]), {
    group: LOOKED_UP_TOGETHER,
    waiting: LOOK_UPS_WAITING,
  });
  #writing: Promise<unknown> = Promise.resolve();
  /** Counts writes that were begun and that ended. */
  #writes = 0;

  /** @param isOnlyWriter nobody else changes these URLs, so what was read of one holds until it is changed here */
  constructor(database: Database, nextVersion: NextVersion, removal: ClickRemoval, isOnlyWriter: boolean) {
    this.#database = database;
    this.#removal = removal;
    this.#nextVersion = nextVersion;
    this.#isOnlyWriter = isOnlyWriter;
    this.#known = new KnownUrls(database, isOnlyWriter);
  }

  async find(shortCode: string): Promise<ShortUrl | undefined> {
    return (await this.#known.find(shortCode)) ?? (await this.#lookUps.add(shortCode, 1)).get(shortCode);
  }

  /** The URLs among `shortCodes` that exist, by code. */
  async findMany(shortCodes: readonly string[]): Promise<Map<string, ShortUrl>> {
    const found = this.#young(shortCodes);
    const missing = shortCodes.filter((code) => !found.has(code));
    for (const [code, url] of await this.#read(missing)) found.set(code, url);
    return found;
  }

  #young(shortCodes: readonly string[]): Map<string, ShortUrl> {
    const found = new Map<string, ShortUrl>();
    for (const code of shortCodes) {
      const url = this.#known.young(code);
      if (url !== undefined) found.set(code, url);
    }
    return found;
  }

  /** The URLs among `shortCodes` that exist now, whatever was known of them. */
  async #read(shortCodes: readonly string[]): Promise<Map<string, ShortUrl>> {
    if (shortCodes.length === 0) return new Map();
    const writes = this.#writes;
    const remember = this.#known.begin();
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT short_code, owner_id, toUnixTimestamp64Milli(created_at), private_stats, long_url
      FROM urls FINAL
      WHERE short_code IN ${param('Array(String)', shortCodes)} AND NOT is_deleted`,
      LOOK_UP,
    );
    const found = new Map(rows.map((row) => [row[0], fromRow(row)]));
    // What was read before a write must not be found after it.
    if (writes === this.#writes) for (const url of found.values()) remember(url);
    return found;
  }

  /**
   * Registers those of `wanted` whose code nobody owns yet.
   * Where there can be other instances it asks ClickHouse, whatever is known: one may just have been deleted, and its clicks
   * with it.
   * @returns URLs by code, those of all its codes among them: the new ones and those that were there, whoever owns them
   */
  async registerMissing(wanted: readonly ShortUrl[]): Promise<ReadonlyMap<string, ShortUrl>> {
    const known = this.#isOnlyWriter ? this.#young(wanted.map(({ shortCode }) => shortCode)) : new Map();
    if (wanted.every(({ shortCode }) => known.has(shortCode))) return known;
    return this.#registrations.add(wanted, wanted.length);
  }

  /** For several requests at once; of two that want the same new code the first has it. */
  async #register(requests: readonly (readonly ShortUrl[])[]): Promise<ReadonlyMap<string, ShortUrl>> {
    const wanted = new Map<string, ShortUrl>();
    for (const url of requests.flat()) if (!wanted.has(url.shortCode)) wanted.set(url.shortCode, url);
    const codes = [...wanted.keys()];
    const known = await this.#read(codes);
    if (known.size === codes.length) return known;
    return this.#exclusively(async () => {
      const existing = await this.#read(codes);
      const added = [...wanted.values()].filter(({ shortCode }) => !existing.has(shortCode));
      await this.#write(added);
      for (const url of added) existing.set(url.shortCode, url);
      return existing;
    });
  }

  /**
   * Makes or changes a URL.
   * @throws AppError `conflict` when it exists and has another owner than the change names, and whatever `mayChange` throws
   */
  async put(shortCode: string, change: UrlChange, defaults: PutDefaults) {
    return this.#exclusively(async () => {
      this.#known.forget(shortCode);
      const existing = await this.find(shortCode);
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
      };
      await this.#write([url]);
      return { url, isNew: existing === undefined };
    });
  }

  /** Removes a URL and all its clicks, from the clicks' side first: a failure in between leaves a URL to delete again. */
  async delete(url: ShortUrl): Promise<void> {
    await this.gate.alone(url.shortCode, async () => {
      await this.#removal.remove(
        [
          sql`owner_id = ${param('String', url.ownerId)}`,
          sql`short_code = ${param('String', url.shortCode)}`,
        ],
        // The gate keeps this URL's clicks out already.
        (work) => work(),
      );
      await this.#exclusively(() => this.#write([url], true));
    });
  }

  /** One page of an owner's URLs (undefined: everybody's) in the order of their codes, after the code `after`. */
  async list(ownerId: string | undefined, after: string | undefined, limit: number): Promise<UrlPage> {
    const rows = await this.#database.rows<Row>(sql`
      SELECT short_code, owner_id, toUnixTimestamp64Milli(created_at), private_stats, long_url
      FROM urls FINAL
      WHERE NOT is_deleted
        ${ownerId === undefined ? EMPTY : sql`AND owner_id = ${param('String', ownerId)}`}
        ${after === undefined ? EMPTY : sql`AND short_code > ${param('String', after)}`}
      ORDER BY short_code LIMIT ${param('UInt32', limit + 1)}`);
    const items = rows.slice(0, limit).map(fromRow);
    return { items, next: rows.length > limit ? (items.at(-1)?.shortCode ?? null) : null };
  }

  async #write(urls: readonly ShortUrl[], isDeleted = false): Promise<void> {
    if (urls.length === 0) return;
    const lines = urls.map((url) =>
      JSON.stringify([
        url.shortCode,
        url.ownerId,
        url.createdAt,
        url.privateStats,
        url.longUrl,
        isDeleted,
        this.#nextVersion(),
      ]),
    );
    this.#writes++;
    const remember = this.#known.begin();
    try {
      await this.#database.insert('urls', COLUMNS, lines);
    } finally {
      this.#writes++;
      // Also after a failure: it may have been written all the same.
      for (const url of urls) this.#known.forget(url.shortCode);
    }
    if (!isDeleted) for (const url of urls) remember(url);
  }

  /** One writer at a time, so that two requests cannot both find a code free. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work, work);
    this.#writing = turn.catch(() => {});
    return turn;
  }
}

function fromRow([shortCode, ownerId, createdAt, privateStats, longUrl]: Row): ShortUrl {
  return { shortCode, ownerId, createdAt, privateStats, longUrl };
}
