import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../process/package-root.ts';
import { sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { lockTable } from './table-lock.ts';
import type { OnWait } from './waiting.ts';

export interface Migration {
  /** Its file's name, for example `001_tables.sql`. */
  readonly name: string;
  readonly statements: readonly string[];
}

/** The database has been migrated by a release that knows more than this one. */
export class NewerDataError extends Error {
  constructor(database: string, migrations: readonly string[]) {
    super(
      `The database ${database} is of a newer version of Spoor than this one, which has no ${migrations.join(', ')}: start that version. Nothing has been changed.`,
    );
  }
}

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

export interface MigrateOptions {
  /** Carries out the statements that make tables; one that is cut short is carried out again, whole. */
  readonly run?: RunStatement;
  /** No other process can reach this ClickHouse, so a lock that is there is one of a process that died. */
  readonly isAlone?: boolean;
  readonly onWait?: OnWait | undefined;
}

/**
 * Creates the database where it is missing and applies each migration once, also when several instances start at
 * once.
 * @returns the names of the migrations this call applied
 * @throws NewerDataError
 */
export async function migrate(
  database: Database,
  server: Database,
  migrations = readMigrations(),
  { run = (statement) => database.commandText(statement), isAlone = false, onWait }: MigrateOptions = {},
): Promise<readonly string[]> {
  // The name was checked to be a plain identifier; DDL takes no parameter for it everywhere.
  await server.commandText(`CREATE DATABASE IF NOT EXISTS ${database.name}`);
  await run(MIGRATIONS_TABLE);
  if ((await pending(database, migrations)).length === 0) return [];
  const lock = await lockTable(database, {
    table: 'migration_lock',
    holder: 'another process that migrates the database',
    isAlone,
    onWait,
  });
  try {
    const todo = await pending(database, migrations);
    for (const migration of todo) {
      for (const statement of migration.statements) await run(statement);
      await database.insert('migrations', ['name'], [JSON.stringify([migration.name])]);
    }
    return todo.map(({ name }) => name);
  } finally {
    await lock.release();
  }
}

/** @throws NewerDataError */
async function pending(database: Database, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const rows = await database.rows<[string]>(sql`SELECT DISTINCT name FROM migrations ORDER BY name`);
  const applied = new Set(rows.map(([name]) => name));
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new NewerDataError(database.name, unknown);
  return migrations.filter(({ name }) => !applied.has(name));
}
