import crypto, { createHash, randomBytes, randomUUID } from 'node:crypto';
import QuickLRU from 'quick-lru';
import { type Database, LOOK_UP } from '../clickhouse/database.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import type { Principal, RateLimit, Scope } from './scopes.ts';

/** An API key as it is stored: without the key itself. Times are Unix milliseconds. */
export interface ApiKey extends Principal {
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export type NewApiKey = Pick<ApiKey, 'ownerId' | 'name' | 'scopes' | 'rateLimit' | 'expiresAt'>;

/** Well below the 5 s within which a revocation must work everywhere. */
const CACHE_MS = 3_000;
const CACHE_SIZE = 10_000;

const COLUMNS = [
  'id',
  'key_sha256',
  'owner_id',
  'name',
  'scopes',
  'rate_limit',
  'created_at',
  'expires_at',
  'is_revoked',
  'version',
];

type Row = readonly [string, string, string, Scope[], RateLimit, number, number | null];

/** The API keys, in ClickHouse, with a small cache of what was asked for lately, unknown keys included. */
export class KeyStore {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #now: () => number;
  readonly #cache = new QuickLRU<string, ApiKey | null>({ maxSize: CACHE_SIZE, maxAge: CACHE_MS });

  constructor(database: Database, nextVersion: NextVersion, now: () => number) {
    this.#database = database;
    this.#nextVersion = nextVersion;
    this.#now = now;
  }

  /** The key of that hash; undefined when it is unknown, revoked or expired. */
  async verify(hash: string): Promise<ApiKey | undefined> {
    let found = this.#cache.get(hash);
    if (found === undefined) {
      found = (await this.#select(sql`key_sha256 = ${param('String', hash)}`))[0] ?? null;
      this.#cache.set(hash, found);
    }
    if (found === null || (found.expiresAt !== null && found.expiresAt <= this.#now())) return undefined;
    return found;
  }

  /** Makes a key. Its text is in the answer and nowhere else. */
  async create(wanted: NewApiKey): Promise<{ readonly key: string; readonly stored: ApiKey }> {
    const key = `spoo_${randomBytes(32).toString('base64url')}`;
    const stored: ApiKey = { ...wanted, id: randomUUID(), createdAt: this.#now() };
    await this.#write(stored, hashKey(key), false);
    return { key, stored };
  }

  /** All keys that are not revoked, oldest first. */
  async list(): Promise<readonly ApiKey[]> {
    return this.#select(sql`true`);
  }

  /** Revokes a key; false when there is none of that id. */
  async revoke(id: string): Promise<boolean> {
    const [key] = await this.#select(sql`id = ${param('String', id)}`);
    if (key === undefined) return false;
    await this.#write(key, '', true);
    for (const [hash, cached] of this.#cache) if (cached?.id === id) this.#cache.delete(hash);
    return true;
  }

  /** True when some key, revoked ones included, was ever given `scope`. */
  async hasEverGiven(scope: Scope): Promise<boolean> {
    const [row] = await this.#database.rows<[number]>(
      sql`SELECT count() FROM api_keys WHERE has(scopes, ${param('String', scope)})`,
    );
    return (row?.[0] ?? 0) > 0;
  }

  async #select(condition: Sql): Promise<readonly ApiKey[]> {
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT id, owner_id, name, scopes, rate_limit,
        toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(expires_at)
      FROM api_keys FINAL
      WHERE NOT is_revoked AND ${condition}
      ORDER BY created_at, id`,
      LOOK_UP,
    );
    return rows.map(([id, ownerId, name, scopes, rateLimit, createdAt, expiresAt]) => ({
      id,
      ownerId,
      name,
      scopes,
      rateLimit,
      createdAt,
      expiresAt,
    }));
  }

  async #write(key: ApiKey, keySha256: string, isRevoked: boolean): Promise<void> {
    await this.#database.insert('api_keys', COLUMNS, [
      JSON.stringify([
        key.id,
        keySha256,
        key.ownerId,
        key.name,
        key.scopes,
        key.rateLimit,
        key.createdAt,
        key.expiresAt,
        isRevoked,
        this.#nextVersion(),
      ]),
    ]);
    if (!isRevoked) this.#cache.delete(keySha256);
  }
}

/** Takes half as long as an object for each hash; Node has it from 20.12 on. */
const HASH: typeof crypto.hash | undefined = crypto.hash;

/** The only form in which a key is kept or compared. */
export function hashKey(key: string): string {
  return HASH === undefined ? createHash('sha256').update(key).digest('hex') : HASH('sha256', key);
}
