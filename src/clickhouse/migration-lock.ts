import { ClickHouseError } from '@clickhouse/client';
import { sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { type OnWait, Waiting } from './waiting.ts';

/** How often the process that has the lock shows that it lives. */
const BEAT_MS = 1_000;
/** A lock whose holder shows no life for so long belongs to a process that died in the middle of a migration. */
const STALE_MS = 20_000;
const POLL_MS = 100;

export interface LockOptions {
  /** No other process can reach this ClickHouse, so a lock that is there is one of a process that died. */
  readonly isAlone: boolean;
  readonly onWait: OnWait | undefined;
}

/**
 * Lets one process at a time migrate a database: creating a table is atomic in ClickHouse, so whoever creates the lock
 * table has the lock. It grows while its holder lives, which others can tell without comparing clocks.
 * @returns lets go of it
 */
export async function lockMigrations(
  database: Database,
  { isAlone, onWait }: LockOptions,
): Promise<() => Promise<void>> {
  const drop = (): Promise<void> => database.command(sql`DROP TABLE IF EXISTS migration_lock SYNC`);
  if (isAlone) await drop();
  const waiting = new Waiting('another process that migrates the database', onWait);
  let seen: string | undefined;
  while (!(await create(database))) {
    const state = await stateOf(database);
    if (state !== seen) waiting.beginAnew();
    seen = state;
    if (waiting.elapsedMs > STALE_MS) await drop();
    else await waiting.pause(POLL_MS);
  }
  const beat = (): void => void database.insert('migration_lock', ['is_held'], ['[true]']).catch(() => {});
  const beating = setInterval(beat, BEAT_MS).unref();
  return async () => {
    clearInterval(beating);
    await drop();
  };
}

/** @returns false when it is there */
async function create(database: Database): Promise<boolean> {
  try {
    await database.command(sql`CREATE TABLE migration_lock (is_held Bool) ENGINE = Memory`);
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && error.type === 'TABLE_ALREADY_EXISTS') return false;
    throw error;
  }
}

/** Which lock it is, and how often its holder has shown life. */
async function stateOf(database: Database): Promise<string> {
  const [row] = await database.rows<[string]>(sql`
    SELECT concat(toString(uuid), ' ', toString(total_rows)) FROM system.tables
    WHERE database = currentDatabase() AND name = 'migration_lock'`);
  return row?.[0] ?? '';
}
