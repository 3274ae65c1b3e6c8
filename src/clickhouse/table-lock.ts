import { ClickHouseError } from '@clickhouse/client';
import { identifier, param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { type OnWait, Waiting } from './waiting.ts';

/** How often the process that has the lock shows that it lives. */
const BEAT_MS = 1_000;
/** A lock whose holder shows no life for so long belongs to a process that died. */
const STALE_MS = 20_000;
const POLL_MS = 100;

export interface LockOptions {
  /** The table that is the lock, and has no other use. */
  readonly table: string;
  /** Who may have the lock, for `onWait`. */
  readonly holder: string;
  /** No other process can reach this ClickHouse, so a lock that is there is one of a process that died. */
  readonly isAlone?: boolean;
  readonly onWait?: OnWait | undefined;
}

export interface TableLock {
  /** Whether no other process can have taken this one for dead, by a monotonic clock. */
  readonly isHeld: () => boolean;
  readonly release: () => Promise<void>;
}

/**
 * Takes a lock that the processes on one ClickHouse share, and waits for it. Creating a table is atomic in ClickHouse, so the process
 * that creates the lock's table has it. The table grows while its holder lives, which others can see without comparing clocks.
 * @throws AppError `unavailable` when ClickHouse is
 */
export async function lockTable(
  database: Database,
  { table, holder, isAlone = false, onWait }: LockOptions,
): Promise<TableLock> {
  const drop = (): Promise<void> => database.command(sql`DROP TABLE IF EXISTS ${identifier(table)} SYNC`);
  if (isAlone) await drop();
  const waiting = new Waiting(holder, onWait);
  let seen: string | undefined;
  while (!(await create(database, table))) {
    const state = await stateOf(database, table);
    if (state !== seen) waiting.beginAnew();
    seen = state;
    if (waiting.elapsedMs > STALE_MS) await drop();
    else await waiting.pause(POLL_MS);
  }
  let shownAt = performance.now();
  const beat = async (): Promise<void> => {
    const began = performance.now();
    await database.insert(table, ['is_held'], ['[true]']);
    shownAt = began;
  };
  const beating = setInterval(() => void beat().catch(() => {}), BEAT_MS).unref();
  const isHeld = (): boolean => performance.now() - shownAt < STALE_MS / 2;
  return {
    isHeld,
    release: async () => {
      clearInterval(beating);
      // By now it could be somebody else's.
      if (isHeld()) await drop();
    },
  };
}

/** @returns false when it is there */
async function create(database: Database, table: string): Promise<boolean> {
  try {
    await database.command(sql`CREATE TABLE ${identifier(table)} (is_held Bool) ENGINE = Memory`);
    return true;
  } catch (error) {
    if (error instanceof ClickHouseError && error.type === 'TABLE_ALREADY_EXISTS') return false;
    throw error;
  }
}

/** Which lock it is, and how often its holder has shown life. */
async function stateOf(database: Database, table: string): Promise<string> {
  const [row] = await database.rows<[string]>(sql`
    SELECT concat(toString(uuid), ' ', toString(total_rows)) FROM system.tables
    WHERE database = currentDatabase() AND name = ${param('String', table)}`);
  return row?.[0] ?? '';
}
