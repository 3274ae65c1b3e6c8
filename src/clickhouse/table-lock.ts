import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import { identifier, param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { type OnWait, Waiting } from './waiting.ts';

/** How often the process that has the lock shows that it lives. */
const BEAT_MS = 1_000;
/** A lock whose holder shows no life for so long belongs to a process that died. */
const STALE_MS = 20_000;
const POLL_MS = 100;
/** Who asked for a lock is given so long to take it. */
const TURN_MS = 500;
const TURN_POLL_MS = 20;

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
  /** Where another process has asked for the lock, this settles once that one has it, or has had the time to take it. */
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
  let seen: LockState | undefined;
  while (!(await create(database, table))) {
    const state = await stateOf(database, table);
    if (state.id !== seen?.id) await askFor(database, table);
    if (state.id !== seen?.id || state.rows !== seen.rows) waiting.beginAnew();
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
      if (!isHeld()) return;
      const isAsked = await isAskedFor(database, table);
      await drop();
      if (isAsked) await untilTaken(database, table);
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

async function untilTaken(database: Database, table: string): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < TURN_MS && (await stateOf(database, table)).id === '')
    await delay(TURN_POLL_MS);
}

interface LockState {
  /** Of the table: that of the next holder is another one. */
  readonly id: string;
  /** How often its holder has shown life, and how many have asked for it. */
  readonly rows: string;
}

async function stateOf(database: Database, table: string): Promise<LockState> {
  const [[id, rows] = ['', '']] = await database.rows<[string, string]>(sql`
    SELECT toString(uuid), toString(total_rows) FROM system.tables
    WHERE database = currentDatabase() AND name = ${param('String', table)}`);
  return { id, rows };
}

/** Tells the holder that another process waits. */
async function askFor(database: Database, table: string): Promise<void> {
  // Its holder may have released it meanwhile.
  await database.insert(table, ['is_held'], ['[false]']).catch(() => {});
}

async function isAskedFor(database: Database, table: string): Promise<boolean> {
  const [asked] = await database.rows<[number]>(
    sql`SELECT 1 FROM ${identifier(table)} WHERE NOT is_held LIMIT 1`,
  );
  return asked !== undefined;
}
