import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import type { ApiKey } from './api-key.ts';
import type { RateLimit, Scope } from './scopes.ts';

/** A key and the row that says so. */
export interface StoredKey {
  readonly key: ApiKey;
  /** SHA-256 of the key, in hexadecimal. */
  readonly hash: string;
  readonly version: number;
}

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

type Row = readonly [
  id: string,
  hash: string,
  ownerId: string,
  name: string,
  scopes: Scope[],
  rateLimit: RateLimit,
  createdAt: number,
  expiresAt: number | null,
  version: number,
];

/** The table of API keys. What it answers was so when it was asked. */
export class StoredKeys {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;

  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /** The keys of these hashes that are not revoked, by hash. */
  async byHash(hashes: readonly string[]): Promise<ReadonlyMap<string, ApiKey>> {
    const stored = await this.#select(sql`key_sha256 IN ${param('Array(String)', [...new Set(hashes)])}`);
    return new Map(stored.map(({ hash, key }) => [hash, key]));
  }

  /** The key of that id, unless it is revoked. */
  async byId(id: string): Promise<StoredKey | undefined> {
    return (await this.#select(sql`id = ${param('String', id)}`))[0];
  }

  /** All keys that are not revoked, oldest first. */
  async all(): Promise<readonly ApiKey[]> {
    return (await this.#select(sql`true`)).map(({ key }) => key);
  }

  async add(key: ApiKey, hash: string): Promise<void> {
    await this.#write({ key, hash, version: 0 }, false);
  }

  async revoke(stored: StoredKey): Promise<void> {
    await this.#write({ ...stored, hash: '' }, true);
  }

  /** True when some key, revoked ones included, was ever given `scope`. */
  async hasEverGiven(scope: Scope): Promise<boolean> {
    const [row] = await this.#database.rows<[number]>(
      sql`SELECT count() FROM api_keys WHERE has(scopes, ${param('String', scope)})`,
    );
    return (row?.[0] ?? 0) > 0;
  }

  async #select(condition: Sql): Promise<readonly StoredKey[]> {
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT id, key_sha256, owner_id, name, scopes, rate_limit,
        toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(expires_at), version
      FROM api_keys FINAL
      WHERE NOT is_revoked AND ${condition}
      ORDER BY created_at, id`,
      LOOK_UP,
    );
    return rows.map(([id, hash, ownerId, name, scopes, rateLimit, createdAt, expiresAt, version]) => ({
      key: { id, ownerId, name, scopes, rateLimit, createdAt, expiresAt },
      hash,
      version,
    }));
  }

  /** @param stored `version`: of what this replaces, 0 for nothing */
  async #write({ key, hash, version }: StoredKey, isRevoked: boolean): Promise<void> {
    await this.#database.insert('api_keys', COLUMNS, [
      JSON.stringify([
        key.id,
        hash,
        key.ownerId,
        key.name,
        key.scopes,
        key.rateLimit,
        key.createdAt,
        key.expiresAt,
        isRevoked,
        this.#nextVersion(version),
      ]),
    ]);
  }
}
