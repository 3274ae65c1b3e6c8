import type { Database } from '../clickhouse/database.ts';
import type { QueryOptions } from '../clickhouse/query-options.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import { LISTING, type StoredUrl, type StoredUrls } from './stored-urls.ts';

/** A URL that came with an import. */
interface RegisteredUrl {
  readonly stored: StoredUrl;
  /** The newest import that its clicks came with, 0 where not all came with one; undefined: it has none. */
  readonly clicksOf: bigint | undefined;
}

/** It may read the clicks of many codes. */
const CLICKS_LOOK_UP: QueryOptions = { workload: 'intake', maxSeconds: 60 };

/** The URLs that imports registered. */
export class ImportedUrls {
  readonly #database: Database;
  readonly #stored: StoredUrls;

  constructor(database: Database, stored: StoredUrls) {
    this.#database = database;
    this.#stored = stored;
  }

  /** The codes after `after`, in order, that an import registered and that were not changed since. */
  async codesOf(importId: bigint, after: string, limit: number): Promise<readonly string[]> {
    const rows = await this.#database.rows<[string]>(
      sql`SELECT short_code FROM urls FINAL
      WHERE ${isRegisteredBy(importId)} AND short_code > ${param('String', after)}
      ORDER BY short_code LIMIT ${param('UInt32', limit)}`,
      LISTING,
    );
    return rows.flat();
  }

  /** Deletes those among `codes` that an import registered, that were not changed since, and that have no clicks. @returns how many */
  async deleteUnused(importId: bigint, codes: readonly string[]): Promise<number> {
    const registered = await this.#withClicks(importId, codes);
    await this.#stored.write(
      registered.map(({ stored, clicksOf }) => ({
        url: stored.url,
        isDeleted: clicksOf === undefined,
        importId: clicksOf ?? importId,
        replaces: stored,
      })),
    );
    return registered.filter(({ clicksOf }) => clicksOf === undefined).length;
  }

  /** Those among `shortCodes` that an import registered and that were not changed since, and what their clicks came with. */
  async #withClicks(importId: bigint, shortCodes: readonly string[]): Promise<readonly RegisteredUrl[]> {
    const codes = param('Array(String)', shortCodes);
    const stored = await this.#stored.select(
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
}

function isRegisteredBy(importId: bigint): Sql {
  return sql`import_id = ${param('UInt64', String(importId))} AND NOT is_deleted`;
}
