import type { ClickTable } from '../clickhouse/cluster.ts';
import { param, sql } from '../sql/sql.ts';

/** From when on (Unix milliseconds) clicks are kept at a moment; undefined: all of them are. */
export type KeptSince = (now: number) => number | undefined;

const DAY_MS = 86_400_000;

/** @param days how long clicks are kept; undefined: for good */
export function keptSinceOf(days: number | undefined): KeptSince {
  return (now) => (days === undefined ? undefined : now - days * DAY_MS);
}

/**
 * Makes ClickHouse remove clicks that are past their retention, in the background, or stop doing so. What it has not
 * removed yet no query counts, so responses do not depend on when it does.
 */
export async function applyRetention(
  clickTables: readonly ClickTable[],
  days: number | undefined,
): Promise<void> {
  await Promise.all(clickTables.map((clicks) => applyToTable(clicks, days)));
}

async function applyToTable({ database, table }: ClickTable, days: number | undefined): Promise<void> {
  const [row] = await database.rows<[string]>(
    sql`SELECT engine_full FROM system.tables
      WHERE database = currentDatabase() AND name = ${param('String', table)}`,
  );
  const found = TTL_HOURS.exec(row?.[0] ?? '')?.[1];
  const hours = days === undefined ? undefined : days * 24 + SPARE_HOURS;
  if (found === hours?.toString()) return;
  // Applying a TTL that is there no more would fail for ever, and hold up every later removal.
  await database.command(sql`KILL MUTATION
    WHERE database = currentDatabase() AND table = ${param('String', table)} AND command LIKE '%MATERIALIZE TTL%' AND NOT is_done
    SYNC FORMAT Null`);
  await database.commandText(
    `ALTER TABLE ${table} ${hours === undefined ? 'REMOVE TTL' : `MODIFY TTL ${ttlOf(hours)}`}`,
    NOT_WAITED_FOR,
  );
}

/** ClickHouse removes later than queries stop counting: a query sent a while ago may still read them. */
const SPARE_HOURS = 1;

/** A TTL beyond 2106 wraps around, which would make every click one of the past. */
function ttlOf(hours: number): string {
  return `least(clicked_at + toIntervalHour(${hours}), toDateTime('2106-01-01 00:00:00', 'UTC'))`;
}

/** The hours of a TTL of ours in a table's definition; another one, of an operator, is left alone. */
const TTL_HOURS = /TTL least\(clicked_at \+ toIntervalHour\((\d+)\)/;

/** Applying a TTL to what is there can rewrite the whole table, and the start would wait for that. */
const NOT_WAITED_FOR = { alter_sync: '0', mutations_sync: '0' } as const;
