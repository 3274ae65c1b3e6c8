import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../clickhouse/database.ts';
import { AppError } from '../errors.ts';
import { sql } from '../sql/sql.ts';
import { ARCHIVE_FOLDER } from '../data-dir/data-dir.ts';
import { stagedName, writeArchive } from './archive.ts';
import { isCompleteTar } from './complete-tar.ts';

export interface BackupSource {
  readonly database: Database;
  /** The data directory of the embedded ClickHouse; undefined with a ClickHouse server, which writes its own backups. */
  readonly dataDir: string | undefined;
  readonly visitorSecret: string;
  /** Runs work while no clicks are inserted. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The table of an archive for what is not in the database. */
export const BACKUP_INFO = 'backup_info';
export const FORMAT = '1';

/** Writes backups: a snapshot of the whole database and the visitor secret, as one file. */
export class Backups {
  readonly #source: BackupSource;
  readonly #snapshot: string;
  #isTaking = false;

  constructor(source: BackupSource) {
    this.#source = source;
    this.#snapshot = `${source.database.name}_snapshot`;
  }

  /**
   * Writes a backup, which includes everything acknowledged before the call.
   * @returns the archive's name in the archive folder, for the caller to move away
   * @throws AppError `conflict` when Spoor cannot back up this ClickHouse, or another backup runs; `unavailable` when the
   *   disk has no room
   */
  async take(signal: AbortSignal): Promise<string> {
    const { database, dataDir } = this.#source;
    if (dataDir === undefined) {
      throw new AppError(
        'conflict',
        'Spoor backs up only its embedded ClickHouse. For the server at CLICKHOUSE_URL, use its own BACKUP command.',
      );
    }
    if (this.#isTaking) throw new AppError('conflict', 'Another backup is running.');
    this.#isTaking = true;
    try {
      await this.clear();
      mkdirSync(join(dataDir, ARCHIVE_FOLDER), { mode: 0o700 });
      await this.#takeSnapshot();
      const archive = `${randomUUID()}.tar`;
      const path = join(dataDir, ARCHIVE_FOLDER, archive);
      await writeArchive(database, this.#snapshot, archive, signal);
      if (!(await isCompleteTar(path))) {
        rmSync(path);
        throw new AppError(
          'unavailable',
          'The backup is truncated: check the free disk space of the data directory.',
        );
      }
      chmodSync(path, 0o600);
      return archive;
    } finally {
      // If this fails too, the next backup or start removes the snapshot.
      await this.#drop(this.#snapshot).catch(() => {});
      this.#isTaking = false;
    }
  }

  /** Removes the remains of an interrupted backup or restore. */
  async clear(): Promise<void> {
    const { database, dataDir } = this.#source;
    if (dataDir === undefined) return;
    await this.#drop(this.#snapshot);
    await this.#drop(stagedName(database));
    rmSync(join(dataDir, ARCHIVE_FOLDER), { recursive: true, force: true });
  }

  /**
   * Clones every table as hard links to its files, which takes almost no time or space. Inserts wait meanwhile, because the
   * tables must be of one moment: otherwise a file could be recorded as imported without its clicks.
   */
  async #takeSnapshot(): Promise<void> {
    const { database, exclusively, visitorSecret } = this.#source;
    await database.commandText(`CREATE DATABASE ${this.#snapshot}`);
    const tables = await tablesOf(database);
    await exclusively(() =>
      Promise.all(
        tables.map((table) =>
          database.commandText(`CREATE TABLE ${this.#snapshot}.${table} CLONE AS ${database.name}.${table}`),
        ),
      ),
    );
    const info = `${this.#snapshot}.${BACKUP_INFO}`;
    await database.commandText(
      `CREATE TABLE ${info} (name String, value String) ENGINE = MergeTree ORDER BY name`,
    );
    const values = { format: FORMAT, visitor_secret: visitorSecret, taken_at: new Date().toISOString() };
    await database.insert(
      info,
      ['name', 'value'],
      Object.entries(values).map((row) => JSON.stringify(row)),
    );
  }

  async #drop(name: string): Promise<void> {
    await this.#source.database.commandText(`DROP DATABASE IF EXISTS ${name} SYNC`);
  }
}

/** The tables with data. @throws Error for a table that cannot be cloned, instead of omitting it */
async function tablesOf(database: Database): Promise<readonly string[]> {
  const rows = await database.rows<[string, string]>(sql`
    SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND engine != 'Memory'`);
  const other = rows.find(([, engine]) => !engine.endsWith('MergeTree'));
  if (other !== undefined) throw new Error(`A table with the engine ${other[1]} cannot be backed up.`);
  return rows.map(([name]) => name);
}
