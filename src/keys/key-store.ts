import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheBudget } from '../cache/cache-budget.ts';
import type { Database } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import { KnownRows } from '../clickhouse/known-rows.ts';
import { PartVersionPoll } from '../clickhouse/part-version-poll.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { sha256 } from '../lib/sha256.ts';
import { KeyHashes } from './key-hashes.ts';
import type { Principal, Scope } from './scopes.ts';
import { StoredKeys } from './stored-keys.ts';

/** An API key as it is stored: without the key itself. Times are Unix milliseconds. */
export interface ApiKey extends Principal {
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export type NewApiKey = Pick<ApiKey, 'ownerId' | 'name' | 'scopes' | 'rateLimit' | 'expiresAt'>;

/** What a key takes that is remembered with all that is stored of it, and a hash that is known to be no key's. */
const KEY_BYTES = 1_024;
const HASH_BYTES = 256;

/** Keys looked up together, and the most that may wait for it. */
const LOOK_UPS = { group: 1_000, waiting: 10_000 };

/** So many times as long as looking up strangers' keys took ClickHouse is left to others. */
const REST = 4;

type LookUps = GroupCommit<string, ReadonlyMap<string, ApiKey>>;

/** The API keys, in ClickHouse, and before it what is known of them. */
export class KeyStore {
  readonly #stored: StoredKeys;
  readonly #now: () => number;
  readonly #isOnlyWriter: boolean;
  readonly #hashes: KeyHashes;
  /** By hash; null: there is no such key. */
  readonly #known: KnownRows<ApiKey | null>;
  /** Apart, so that a flood of wrong keys displaces no right one. */
  readonly #wrong: KnownRows<null>;
  readonly #lookUps: LookUps = new GroupCommit((hashes) => this.#lookUp(hashes), LOOK_UPS);
  /** Apart, so that no right key waits for a wrong one. */
  readonly #strangersLookUps: LookUps = new GroupCommit((hashes) => this.#lookUpStrangers(hashes), LOOK_UPS);
  #rest: Promise<unknown> = Promise.resolve();

  /** @param isOnlyWriter nobody else makes or revokes these keys, so what was read of them holds until it is changed here */
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
    this.#known = new KnownRows({ cache: caches.open('keys'), sizeOf: () => KEY_BYTES, poll });
    this.#wrong = new KnownRows({ cache: caches.open('wrong_keys'), sizeOf: () => HASH_BYTES, poll });
  }

  /**
   * The key of that hash, if it is among the stored ones that this process knows of and neither revoked nor expired.
   * ClickHouse is asked only about those.
   */
  async findKnown(hash: string): Promise<ApiKey | undefined> {
    const known = await this.#known.find(hash);
    if (known !== undefined) return this.#valid(known);
    if (!(await this.#hashes.mayHave(hash))) return undefined;
    return this.#valid((await this.#lookUps.add(hash, 1)).get(hash));
  }

  /**
   * The key of that hash, if another instance has just made it. Where there is no other nothing is asked; where there are,
   * all strangers together have one look-up at a time, so that wrong keys, however many, cost ClickHouse a fifth of a thread.
   */
  async findNew(hash: string): Promise<ApiKey | undefined> {
    if (this.#isOnlyWriter) return undefined;
    if (await this.#hashes.mayHave(hash)) return this.findKnown(hash);
    if ((await this.#wrong.find(hash)) === null) return undefined;
    return this.#valid((await this.#strangersLookUps.add(hash, 1)).get(hash));
  }

  /** Makes a key. Its text is in the answer and nowhere else. */
  async create(wanted: NewApiKey): Promise<{ readonly key: string; readonly stored: ApiKey }> {
    const text = `spoo_${randomBytes(32).toString('base64url')}`;
    const hash = hashKey(text);
    const key: ApiKey = { ...wanted, id: randomUUID(), createdAt: this.#now() };
    await this.#known.write([[hash, key]], () => this.#stored.add(key, hash));
    this.#hashes.add(hash);
    return { key: text, stored: key };
  }

  /** All keys that are not revoked, oldest first. */
  async list(): Promise<readonly ApiKey[]> {
    return this.#stored.all();
  }

  /** Revokes a key; false when there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    const stored = await this.#stored.byId(id);
    if (stored === undefined) {
      // An earlier try that seemed to fail may have revoked it, and which of the known ones it is nobody can tell.
      this.#known.clear();
      return false;
    }
    await this.#known.write([[stored.hash, null]], () => this.#stored.revoke(stored));
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
    const remember = this.#known.begin();
    const found = await this.#stored.byHash(hashes);
    for (const hash of hashes) remember(hash, found.get(hash) ?? null);
    return found;
  }

  async #lookUpStrangers(hashes: readonly string[]): Promise<ReadonlyMap<string, ApiKey>> {
    await this.#rest;
    const [rememberKey, rememberWrong] = [this.#known.begin(), this.#wrong.begin()];
    const begun = performance.now();
    const found = await this.#stored.byHash(hashes).finally(() => {
      this.#rest = delay(REST * (performance.now() - begun), undefined, { ref: false });
    });
    for (const hash of hashes) {
      const key = found.get(hash);
      if (key === undefined) rememberWrong(hash, null);
      else {
        rememberKey(hash, key);
        this.#hashes.add(hash);
      }
    }
    return found;
  }
}

/** The only form in which a key is kept or compared. */
export function hashKey(key: string): string {
  return sha256(key);
}
