import { randomUUID } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../clickhouse/database.ts';
import { readMigrations } from '../clickhouse/migrations.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import { ARCHIVE_FOLDER } from '../data-dir/data-dir.ts';
import { ArchiveError, readArchive, stagedName } from './archive.ts';
import { BACKUP_INFO, FORMAT } from './write-backup.ts';

/** The target of a restore. */
export interface RestoreTarget {
  readonly database: Database;
  /** The same ClickHouse without that database, which is replaced. */
  readonly server: Database;
  readonly dataDir: string;
  /** The visitor secret in the settings; undefined: the backup's is stored in the data directory. */
  readonly visitorSecret: string | undefined;
  /** Stores the backup's secret in the data directory. */
  readonly storeSecret: (secret: string) => void;
}

/** Why a backup cannot be restored; the message is the one line for the operator. */
export class RestoreError extends Error {}

/**
 * Replaces an empty database by a backup: by all of it, or after a failure by nothing.
 * @throws RestoreError
 */
export async function restoreBackup(file: string, target: RestoreTarget): Promise<void> {
  const { database, server, dataDir } = target;
  await requireEmpty(target);
  const staged = stagedName(database);
  const dropStaged = () => server.commandText(`DROP DATABASE IF EXISTS ${staged} SYNC`);
  await dropStaged();
  const folder = join(dataDir, ARCHIVE_FOLDER);
  const archive = `${randomUUID()}.tar`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    linkOrCopy(file, join(folder, archive));
    await readArchive(server, archive, staged);
    const secret = await checkStaged(database, staged, file);
    if (target.visitorSecret === undefined) target.storeSecret(secret);
    else if (target.visitorSecret !== secret) {
      throw new RestoreError(
        'SPOOR_VISITOR_SECRET differs from the secret in the backup, so visitors would not be recognised: set the same one or none.',
      );
    }
    await server.commandText(`DROP TABLE ${staged}.${BACKUP_INFO} SYNC`);
    await server.commandText(`DROP DATABASE ${database.name} SYNC`);
    await server.commandText(`RENAME DATABASE ${staged} TO ${database.name}`);
  } catch (cause) {
    if (!(cause instanceof ArchiveError)) throw cause;
    throw new RestoreError(`${file} is not a complete Spoor backup (${cause.reason}).`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await dropStaged();
  }
}

/** Checks that nothing would be lost; the generated administrator's key does not count. */
async function requireEmpty({ database, dataDir }: RestoreTarget): Promise<void> {
  const [row] = await database.rows<[number, number, number]>(sql`
    SELECT (SELECT count() FROM clicks), (SELECT count() FROM urls FINAL WHERE NOT is_deleted),
      (SELECT count() FROM api_keys FINAL WHERE NOT is_revoked AND name != 'first administrator')`);
  if (row?.every((count) => count === 0)) return;
  throw new RestoreError(
    `${dataDir} already has clicks, URLs or keys: set SPOOR_DATA_DIR to an empty directory to restore into.`,
  );
}

/** Checks a restored database before it is used. @returns the visitor secret of the backup */
async function checkStaged(database: Database, staged: string, file: string): Promise<string> {
  const within = param('Identifier', staged);
  const parts = await database.rows<[string, string]>(
    sql`SELECT DISTINCT table, partition_id FROM system.parts WHERE active AND database = ${param('String', staged)}`,
  );
  for (const [table, partition] of parts) {
    const [row] = await database.rows<[number]>(sql`
      CHECK TABLE ${within}.${param('Identifier', table)} PARTITION ID ${literal(partition)}
      SETTINGS check_query_single_value_result = 1`);
    if (row?.[0] !== 1) throw new RestoreError(`${file} is damaged.`);
  }
  if (!parts.some(([table]) => table === BACKUP_INFO)) {
    throw new RestoreError(`${file} is not a backup of Spoor.`);
  }
  const info = new Map(
    await database.rows<[string, string]>(
      sql`SELECT name, value FROM ${within}.${param('Identifier', BACKUP_INFO)}`,
    ),
  );
  const applied = await database.rows<[string]>(sql`SELECT name FROM ${within}.migrations`);
  const known = new Set(readMigrations().map(({ name }) => name));
  if (info.get('format') !== FORMAT || applied.some(([name]) => !known.has(name))) {
    throw new RestoreError(`${file} was made by a newer version of Spoor.`);
  }
  return info.get('visitor_secret') ?? '';
}

/** A quoted text where ClickHouse accepts no parameter. It generates these names itself, from letters and digits. */
function literal(name: string): Sql {
  if (!/^\w+$/.test(name)) throw new Error('Not the name of a partition.');
  return { kind: 'sql', texts: [`'${name}'`], values: [] };
}

/** ClickHouse reads archives only from its own folder. */
function linkOrCopy(file: string, to: string): void {
  try {
    linkSync(file, to);
  } catch {
    copyFileSync(file, to);
  }
}
