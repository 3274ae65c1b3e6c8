import { type Sql, EMPTY, param, sql } from '../../sql/sql.ts';

/** Which owners a list of them holds. */
export interface OwnerQuery {
  /** Part of the owners' ids, in any case; undefined: every owner. */
  readonly search: string | undefined;
  /** Owners on the list, those with the most clicks. */
  readonly limit: number;
  /** Unix milliseconds: older clicks no longer count; undefined: all of them do. */
  readonly keptSince: number | undefined;
}

/** An owner, the clicks that are stored of it, and how many owners the query matches in all. */
export type OwnerRow = readonly [ownerId: string, clicks: number, total: number];

/** A row if the owner has clicks or a key, else none. */
export function compileOwnerExists(ownerId: string): Sql {
  const isOwn = sql`owner_id = ${param('String', ownerId)}`;
  return sql`
    SELECT 1
    FROM (
      SELECT 1 FROM clicks WHERE ${isOwn} LIMIT 1
      UNION ALL
      SELECT 1 FROM api_keys FINAL WHERE NOT is_revoked AND ${isOwn} LIMIT 1
    )
    LIMIT 1`;
}

/** Owners that have clicks or a key, with their clicks of all time; the most clicks first. */
export function compileOwners({ search, limit, keptSince }: OwnerQuery): Sql {
  const matches =
    search === undefined
      ? EMPTY
      : sql`AND positionCaseInsensitiveUTF8(owner_id, ${param('String', search)}) > 0`;
  const isKept =
    keptSince === undefined
      ? EMPTY
      : sql`AND clicked_at >= fromUnixTimestamp64Milli(${param('Int64', keptSince)}, 'UTC')`;
  return sql`
    SELECT owner_id, sum(stored) AS clicks, count() OVER () AS total
    FROM (
      SELECT owner_id, count() AS stored FROM clicks WHERE true ${isKept} ${matches} GROUP BY owner_id
      UNION ALL
      SELECT owner_id, toUInt64(0) AS stored FROM api_keys FINAL WHERE NOT is_revoked ${matches}
    )
    GROUP BY owner_id
    ORDER BY clicks DESC, owner_id
    LIMIT ${param('UInt32', limit)}`;
}
