import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheBudget } from '../cache/cache-budget.ts';
import { RowCache } from '../cache/row-cache.ts';
import type { Database } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { sha256 } from '../lib/sha256.ts';
import type { ApiKey, NewApiKey } from './api-key.ts';
import { KeyHashes } from './key-hashes.ts';
import type { Scope } from './scopes.ts';
import { StoredKeys } from './stored-keys.ts';

/** Bytes of a cached key with all that is stored of it, and of a hash that is no key's. */
const KEY_BYTES = 1_024;
const HASH_BYTES = 256;

/** Keys that one query looks up, and the most that may wait for one. */
const LOOK_UPS = { group: 1_000, waiting: 10_000 };

/** After a lookup of unknown keys there is a pause of this many times as long as it took. */
const PAUSE_FACTOR = 4;

type LookUps = GroupCommit<string, ReadonlyMap<string, ApiKey>>;

/** The API keys in ClickHouse, and a cache of them. */
export class KeyStore {
  readonly #stored: StoredKeys;
  readonly #now: () => number;
  readonly #isOnlyWriter: boolean;
  readonly #hashes: KeyHashes;
  /** By hash; null: there is no such key. */
  readonly #cached: RowCache<ApiKey | null>;
  /** Hashes that are no key's. A cache of their own, so that a flood of wrong keys displaces no right one. */
  readonly #unknown: RowCache<null>;
  readonly #lookUps: LookUps = new GroupCommit((hashes) => this.#lookUp(hashes), LOOK_UPS);
  /** A queue of its own, so that no right key waits for a wrong one. */
  readonly #unknownLookUps: LookUps = new GroupCommit((hashes) => this.#lookUpUnknown(hashes), LOOK_UPS);
  #pause: Promise<unknown> = Promise.resolve();

  /** @param isOnlyWriter nobody else makes or revokes these keys, so a cached one is fresh until it is changed here */
  constructor(
    database: Database,
    nextVersion: NextVersion,
    now: () => number,
    caches: CacheBudget,
    isOnlyWriter: boolean,
  ) {
    this.#stored = new StoredKeys(database, nextVersion);
    this.#now = now;
    this.#isOnlyWriter = isOnlyWriter;
    const poll = isOnlyWriter ? undefined : new PartVersionPoll(database, 'api_keys');
    this.#hashes = new KeyHashes(database, poll);
    this.#cached = new RowCache({ cache: caches.open('keys'), sizeOf: () => KEY_BYTES, poll });
    this.#unknown = new RowCache({ cache: caches.open('wrong_keys'), sizeOf: () => HASH_BYTES, poll });
  }

  /**
   * The valid key of that hash, if this process knows that it is stored. ClickHouse is asked only about those.
   */
  async findKnown(hash: string): Promise<ApiKey | undefined> {
    const cached = await this.#cached.find(hash);
    if (cached !== undefined) return this.#valid(cached);
    if (!(await this.#hashes.mayHave(hash))) return undefined;
    return this.#valid((await this.#lookUps.add(hash, 1)).get(hash));
  }

  /**
   * The valid key of that hash, if another instance has just created it. With a single instance ClickHouse is not asked. With
   * several, one lookup at a time serves all unknown keys, so that wrong ones, however many, cost ClickHouse a fifth of a thread.
   */
  async findNew(hash: string): Promise<ApiKey | undefined> {
    if (this.#isOnlyWriter) return undefined;
    if (await this.#hashes.mayHave(hash)) return this.findKnown(hash);
    if ((await this.#unknown.find(hash)) === null) return undefined;
    return this.#valid((await this.#unknownLookUps.add(hash, 1)).get(hash));
  }

  /** Creates a key. Its text is in the result and nowhere else. */
  async create(wanted: NewApiKey): Promise<{ readonly key: string; readonly stored: ApiKey }> {
    const text = `spoo_${randomBytes(32).toString('base64url')}`;
    const hash = hashKey(text);
    const key: ApiKey = { ...wanted, id: randomUUID(), createdAt: this.#now() };
    await this.#cached.write([[hash, key]], () => this.#stored.add(key, hash));
    this.#hashes.add(hash);
    return { key: text, stored: key };
  }

  /** The valid key of that id. ClickHouse is asked each time. */
  async findById(id: string): Promise<ApiKey | undefined> {
    return this.#valid((await this.#stored.byId(id))?.key);
  }

  /** All keys that are not revoked, oldest first. */
  async list(): Promise<readonly ApiKey[]> {
    return this.#stored.all();
  }

  /** Revokes a key; false when there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    const stored = await this.#stored.byId(id);
    if (stored === undefined) {
      // An earlier try that seemed to fail may have revoked it, and which of the cached ones it is cannot be told.
      this.#cached.clear();
      return false;
    }
    await this.#cached.write([[stored.hash, null]], () => this.#stored.revoke(stored));
    return true;
  }

  /** True when some key, revoked ones included, was ever given `scope`. */
  async hasEverGiven(scope: Scope): Promise<boolean> {
    return this.#stored.hasEverGiven(scope);
  }

  #valid(key: ApiKey | null | undefined): ApiKey | undefined {
    if (key === null || key === undefined) return undefined;
    return key.expiresAt !== null && key.expiresAt <= this.#now() ? undefined : key;
  }

  async #lookUp(hashes: readonly string[]): Promise<ReadonlyMap<string, ApiKey>> {
    const store = this.#cached.beginRead();
    const found = await this.#stored.byHash(hashes);
    for (const hash of hashes) store(hash, found.get(hash) ?? null);
    return found;
  }

  async #lookUpUnknown(hashes: readonly string[]): Promise<ReadonlyMap<string, ApiKey>> {
    await this.#pause;
    const [storeKey, storeUnknown] = [this.#cached.beginRead(), this.#unknown.beginRead()];
    const begun = performance.now();
    const found = await this.#stored.byHash(hashes).finally(() => {
      this.#pause = delay(PAUSE_FACTOR * (performance.now() - begun), undefined, { ref: false });
    });
    for (const hash of hashes) {
      const key = found.get(hash);
      if (key === undefined) storeUnknown(hash, null);
      else {
        storeKey(hash, key);
        this.#hashes.add(hash);
      }
    }
    return found;
  }
}

/** The only form in which a key is stored or compared. */
export function hashKey(key: string): string {
  return sha256(key);
}
