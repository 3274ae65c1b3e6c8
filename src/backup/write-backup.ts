import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../clickhouse/database.ts';
import { AppError } from '../errors.ts';
import { sql } from '../sql/sql.ts';
import { ARCHIVE_FOLDER } from '../process/package-root.ts';
import { stagedName, writeArchive } from './archive.ts';
import { isWholeTar } from './whole-tar.ts';

export interface BackupSource {
  readonly database: Database;
  /** The data directory of the embedded ClickHouse; undefined with a server elsewhere, which writes its own backups. */
  readonly dataDir: string | undefined;
  readonly visitorSecret: string;
  /** Runs its work while no click comes in. */
  readonly undisturbed: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The table of an archive that holds what is not in the database. */
export const BACKUP_INFO = 'backup_info';
export const FORMAT = '1';

/** Takes backups: the whole database at one moment, with the visitors' secret, as one file. */
export class Backups {
  readonly #source: BackupSource;
  readonly #snapshot: string;
  #isTaking = false;

  constructor(source: BackupSource) {
    this.#source = source;
    this.#snapshot = `${source.database.name}_snapshot`;
  }

  /**
   * Takes one; everything acknowledged before the call is in it.
   * @returns the archive's name in the archive folder, for the caller to move away
   * @throws AppError `conflict` when this cannot be done here or now, `unavailable` when there is no room for it
   */
  async take(signal: AbortSignal): Promise<string> {
    const { database, dataDir } = this.#source;
    if (dataDir === undefined) {
      throw new AppError(
        'conflict',
        'Spoor backs up its embedded ClickHouse only: for the one at CLICKHOUSE_URL use its own BACKUP command.',
      );
    }
    if (this.#isTaking) throw new AppError('conflict', 'Another backup is being taken.');
    this.#isTaking = true;
    try {
      await this.clear();
      mkdirSync(join(dataDir, ARCHIVE_FOLDER), { mode: 0o700 });
      await this.#takeSnapshot();
      const archive = `${randomUUID()}.tar`;
      const path = join(dataDir, ARCHIVE_FOLDER, archive);
      await writeArchive(database, this.#snapshot, archive, signal);
      if (!(await isWholeTar(path))) {
        rmSync(path);
        throw new AppError(
          'unavailable',
          'The backup came out cut: is there room on the disk of the data directory?',
        );
      }
      chmodSync(path, 0o600);
      return archive;
    } finally {
      // Where that fails too the next backup, or start, does it.
      await this.#drop(this.#snapshot).catch(() => {});
      this.#isTaking = false;
    }
  }

  /** Removes what an earlier backup or restore has left that did not end. */
  async clear(): Promise<void> {
    const { database, dataDir } = this.#source;
    if (dataDir === undefined) return;
    await this.#drop(this.#snapshot);
    await this.#drop(stagedName(database));
    rmSync(join(dataDir, ARCHIVE_FOLDER), { recursive: true, force: true });
  }

  /**
   * Copies every table as hard links to its files, which takes no time and no room. Clicks are held up only for that:
   * the tables must be of one moment, or a file could be known as imported whose clicks are missing.
   */
  async #takeSnapshot(): Promise<void> {
    const { database, undisturbed, visitorSecret } = this.#source;
    await database.commandText(`CREATE DATABASE ${this.#snapshot}`);
    const tables = await tablesOf(database);
    await undisturbed(() =>
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

/** The tables with data. One that could not be copied is not left out in silence. */
async function tablesOf(database: Database): Promise<readonly string[]> {
  const rows = await database.rows<[string, string]>(sql`
    SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND engine != 'Memory'`);
  const other = rows.find(([, engine]) => !engine.endsWith('MergeTree'));
  if (other !== undefined) throw new Error(`A table of the kind ${other[1]} cannot be backed up.`);
  return rows.map(([name]) => name);
}
