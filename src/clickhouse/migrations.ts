import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseError } from '@clickhouse/client';
import { PACKAGE_ROOT } from '../paths.ts';
import { param, sql } from '../sql/sql.ts';
import type { Database } from './database.ts';

export interface Migration {
  /** Its file's name, for example `001_tables.sql`. */
  readonly name: string;
  readonly statements: readonly string[];
}

/** A lock older than this belongs to an instance that died in the middle of a migration. */
const STALE_LOCK_SECONDS = 60;

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS migrations
(name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = MergeTree ORDER BY name`;

/** The migration files in the order of their numbers. A statement ends with `;` at the end of a line. */
export function readMigrations(folder = join(PACKAGE_ROOT, 'clickhouse')): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}_\w+\.sql$/.test(name))
    .toSorted()
    .map((name) => ({
      name,
      statements: readFileSync(join(folder, name), 'utf8')
        .split(/;\s*$/m)
        .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
        .filter((statement) => statement !== ''),
    }));
}

/** Who carries a statement out: one server, or each node of a cluster in its own way. */
export type RunStatement = (statement: string) => Promise<void>;

/**
 * Creates the database where it is missing and applies each migration once, also when several instances start at
 * once: creating a table is atomic in ClickHouse, so whoever creates the lock table is the one that migrates.
 * @param run carries out the statements that make tables; one that is cut short is carried out again, whole
 * @returns the names of the migrations this call applied
 */
export async function migrate(
  database: Database,
  server: Database,
  migrations = readMigrations(),
  run: RunStatement = (statement) => database.commandText(statement),
): Promise<readonly string[]> {
  // The name was checked to be a plain identifier; DDL takes no parameter for it everywhere.
  await server.commandText(`CREATE DATABASE IF NOT EXISTS ${database.name}`);
  await run(MIGRATIONS_TABLE);
  if ((await pending(database, migrations)).length === 0) return [];
  await lock(database);
  try {
    const todo = await pending(database, migrations);
    for (const migration of todo) {
      for (const statement of migration.statements) await run(statement);
      await database.insert('migrations', ['name'], [JSON.stringify([migration.name])]);
    }
    return todo.map(({ name }) => name);
  } finally {
    await database.command(sql`DROP TABLE IF EXISTS migration_lock SYNC`);
  }
}

async function pending(database: Database, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const rows = await database.rows<[string]>(sql`SELECT name FROM migrations`);
  const applied = new Set(rows.map(([name]) => name));
  return migrations.filter(({ name }) => !applied.has(name));
}

async function lock(database: Database): Promise<void> {
  for (;;) {
    try {
      await database.command(sql`CREATE TABLE migration_lock (is_held Bool) ENGINE = Memory`);
      return;
    } catch (error) {
      if (!(error instanceof ClickHouseError) || error.type !== 'TABLE_ALREADY_EXISTS') throw error;
    }
    const [stale] = await database.rows<[number]>(sql`
      SELECT count() FROM system.tables
      WHERE database = currentDatabase() AND name = 'migration_lock'
        AND metadata_modification_time < now() - ${param('UInt32', STALE_LOCK_SECONDS)}`);
    if (stale?.[0]) await database.command(sql`DROP TABLE IF EXISTS migration_lock SYNC`);
    else await delay(100);
  }
}
