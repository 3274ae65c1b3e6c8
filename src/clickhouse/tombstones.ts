import { AppError } from '../errors.ts';
import { identifier, param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { LOOK_UP } from './query-options.ts';

/** How long tombstones are kept: longer than any insert that was given up may still take. No response needs them. */
export const TOMBSTONE_MS = 86_400_000;

/** The most rows of one owner, tombstones included: what is created and deleted again is bounded by the day. */
export const MAX_ROWS_EACH = 1_000;

const SECONDS_TO_WAIT = 3_600;

/** Whose keys fit in a parameter. */
const REMOVED_AT_ONCE = 300;

/** A small table of owners' things whose deletions are tombstones: with `owner_id`, `is_deleted` and `changed_at`. */
export interface OwnedTable {
  readonly database: Database;
  readonly table: 'segments' | 'schedules';
  /** With the owner it names a row. */
  readonly key: 'name' | 'id';
}

/**
 * Removes the tombstones of before a moment, Unix milliseconds. What they hide goes first: rows of one key lie in several parts, which
 * change one after the other, so that both at once would let a deleted thing come back for a moment, or after a crash for good.
 * @throws AppError `unavailable`; nothing comes back then either
 */
export async function removeTombstones({ database, table, key }: OwnedTable, before: number): Promise<void> {
  const [name, keyName] = [identifier(table), identifier(key)];
  const isOld = sql`is_deleted AND changed_at < fromUnixTimestamp64Milli(${param('Int64', String(before))}, 'UTC')`;
  for (;;) {
    const found = await database.rows<readonly [ownerId: string, key: string, version: number]>(
      sql`
      SELECT owner_id, ${keyName}, version FROM ${name} FINAL
      WHERE ${isOld} LIMIT ${param('UInt32', REMOVED_AT_ONCE)}`,
      LOOK_UP,
    );
    if (found.length === 0) return;
    const owners = param(
      'Array(String)',
      found.map(([owner]) => owner),
    );
    const keys = param(
      'Array(String)',
      found.map(([, one]) => one),
    );
    const versions = param(
      'Array(UInt64)',
      found.map(([, , version]) => version),
    );
    // What was created again meanwhile has a version above.
    const isFound = sql`
      arrayExists((o, k, v) -> o = owner_id AND k = ${keyName} AND version <= v, ${owners}, ${keys}, ${versions})`;
    for (const condition of [sql`NOT is_deleted`, sql`is_deleted`]) {
      await database.command(sql`ALTER TABLE ${name} DELETE WHERE ${condition} AND ${isFound}`, {
        mutations_sync: '2',
      });
    }
  }
}

/** @throws AppError `unavailable` where an owner has as many rows as it may */
export async function checkRoom({ database, table }: OwnedTable, ownerId: string): Promise<void> {
  const [row] = await database.rows<[number]>(
    sql`SELECT toUInt32(count()) FROM ${identifier(table)} FINAL WHERE owner_id = ${param('String', ownerId)}`,
    LOOK_UP,
  );
  if ((row?.[0] ?? 0) < MAX_ROWS_EACH) return;
  throw new AppError(
    'unavailable',
    `Too many ${table} were created and deleted: an owner may do that with ${MAX_ROWS_EACH.toLocaleString('en-US')} a day.`,
    { retryAfter: SECONDS_TO_WAIT },
  );
}
