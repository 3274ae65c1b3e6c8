import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { type Sql, param, sql } from '../sql/sql.ts';

/** Removing tombstones writes the whole table anew, so there must be many, and one for so many rows. */
const MIN_TOMBSTONES = 1_000;
const ROWS_A_TOMBSTONE = 20;

/**
 * Removes the tombstones of URLs that were deleted before a moment, once there are many. What they hide goes first, or a deleted URL would
 * come back.
 * @param before Unix milliseconds
 * @throws AppError `unavailable`; nothing comes back then either
 */
export async function removeUrlTombstones(database: Database, before: number): Promise<void> {
  // Versions are microseconds of the clock of whoever wrote them; after one that was ahead they are removed later.
  const isOld = sql`is_deleted AND version < ${param('UInt64', String(before * 1_000))}`;
  const [rows, tombstones] = await countsOf(database, sql`SELECT count(), countIf(${isOld}) FROM urls`);
  if (tombstones < Math.max(MIN_TOMBSTONES, rows / ROWS_A_TOMBSTONE)) return;
  await database.command(sql`OPTIMIZE TABLE urls FINAL`, {
    optimize_skip_merged_partitions: 1,
    alter_sync: '2',
  });
  const [hidden] = await countsOf(
    database,
    sql`SELECT count(), 0 FROM urls
    WHERE NOT is_deleted AND short_code IN (SELECT short_code FROM urls FINAL WHERE ${isOld})`,
  );
  if (hidden > 0) return;
  await database.command(sql`ALTER TABLE urls DELETE WHERE ${isOld}`, { mutations_sync: '2' });
}

async function countsOf(database: Database, query: Sql): Promise<readonly [number, number]> {
  const [row] = await database.rows<[number, number]>(query, LOOK_UP);
  return row ?? [0, 0];
}
