import type { Shards } from '../../clickhouse/cluster.ts';
import type { Database } from '../../clickhouse/database.ts';
import { AppError } from '../../errors.ts';
import type { UrlRegistry } from '../../urls/registry.ts';
import { endOfNamedInserts } from '../named-insert.ts';
import type { ClickRemoval } from '../removal.ts';
import type { ImportHistory } from './import-history.ts';
import {
  type ImportEntry,
  type ImportListing,
  type ImportLog,
  LOST_AFTER_MS,
  type StoredEntry,
} from './import-log.ts';
import { ImportIds } from './import-ids.ts';
import { type ImportReport, emptyReport } from './import-report.ts';

export interface ImportsParts {
  readonly database: Database;
  readonly shards: Shards | undefined;
  readonly log: ImportLog;
  readonly history: ImportHistory;
  readonly removal: Pick<ClickRemoval, 'undo'>;
  readonly urls: Pick<UrlRegistry, 'codeLock' | 'deleteUnused'>;
  /** No other process imports into this database. */
  readonly isAlone: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Imports the clicks of a file under an id.
 * @param onProgress to be called with the report so far
 * @returns the report, and why the import failed although it ran to its end
 */
export type ImportRun = (
  id: bigint,
  onProgress: (report: ImportReport) => void,
) => Promise<{ readonly report: ImportReport; readonly fault?: string | undefined }>;

export type WantedImport = Pick<ImportEntry, 'ownerId' | 'file' | 'options'>;

/** What an undo has removed. */
export interface Undone {
  readonly clicks: number;
  /** URLs that the import had registered. */
  readonly urls: number;
}

/** How often a running import is written down. */
const WRITE_EVERY_MS = 10_000;

const LOST = 'The server stopped before the whole file had come.';

/** The imports there were, and those that are running. */
export class Imports {
  readonly #parts: ImportsParts;
  readonly #ids: ImportIds;
  /** Those of this process. */
  readonly #running = new Map<bigint, ImportEntry>();

  constructor(parts: ImportsParts) {
    this.#parts = parts;
    this.#ids = new ImportIds(() => parts.log.newest(), parts.isAlone);
  }

  /**
   * Runs an import and keeps a log of it.
   * @throws AppError whatever `work` throws, `unavailable` when the log cannot be written
   */
  async run(wanted: WantedImport, work: ImportRun): Promise<ImportEntry> {
    const { log, now } = this.#parts;
    let entry = await this.#started(wanted);
    const { id } = entry;
    const write = setInterval(() => void log.write(entry).catch(() => {}), WRITE_EVERY_MS).unref();
    const ended = async (change: Partial<ImportEntry>): Promise<ImportEntry> => {
      clearInterval(write);
      // Stored before anybody sees it, so that it has ended for every instance.
      const last = { ...entry, ...change, finishedAt: now() };
      await log.write(last);
      return last;
    };
    try {
      await log.write(entry);
      const { report, fault } = await work(id, (soFar) => {
        entry = { ...entry, report: soFar };
        this.update(entry);
      });
      return await ended({ state: fault === undefined ? 'done' : 'failed', error: fault ?? null, report });
    } catch (error) {
      const sentence = error instanceof AppError ? error.message : 'Something went wrong on our side.';
      await ended({ state: 'failed', error: sentence }).catch(() => {});
      throw error;
    } finally {
      clearInterval(write);
      this.#running.delete(id);
    }
  }

  /** Begins an import that runs until `end`, and keeps a log of it. @throws AppError `unavailable` */
  async begin(wanted: WantedImport): Promise<ImportEntry> {
    const entry = await this.#started(wanted);
    try {
      await this.save(entry);
    } catch (error) {
      this.#running.delete(entry.id);
      throw error;
    }
    return entry;
  }

  /** Tells what has become of a running import. */
  update(entry: ImportEntry): void {
    this.#running.set(entry.id, entry);
  }

  /** Writes down what has become of an import. @throws AppError `unavailable` */
  async save(entry: ImportEntry): Promise<void> {
    await this.#parts.log.write(entry);
  }

  /** Ends a running import. @throws AppError `unavailable`: it has ended, and is not written down */
  async end(entry: ImportEntry): Promise<ImportEntry> {
    try {
      await this.save(entry);
    } finally {
      this.#running.delete(entry.id);
    }
    return entry;
  }

  /** Runs an import that stores nothing: it is not kept. @throws AppError whatever `work` throws */
  async rehearse(wanted: WantedImport, work: ImportRun): Promise<ImportEntry> {
    const { now } = this.#parts;
    const startedAt = now();
    const id = await this.#ids.next(startedAt);
    const { report, fault = null } = await work(id, () => {});
    return { ...wanted, id, state: 'dry_run', error: fault, report, startedAt, finishedAt: now() };
  }

  /** @returns undefined for one that there is not, or that is of another owner than `ownerId` */
  async find(id: bigint, ownerId: string | undefined): Promise<ImportEntry | undefined> {
    // Looked at first: one that ends meanwhile is written down before it is no longer among them.
    const running = this.#running.get(id);
    const stored = running === undefined ? await this.#parts.log.find(id) : undefined;
    const entry = running ?? (stored && this.#unlessLost(stored));
    return entry !== undefined && (ownerId ?? entry.ownerId) === entry.ownerId ? entry : undefined;
  }

  /** The newest first. */
  async list(listing: ImportListing): Promise<readonly ImportEntry[]> {
    const running = new Map(this.#running);
    const found = await this.#parts.log.list(listing);
    return found.map((stored) => {
      const { id } = stored.entry;
      // One may have begun or ended meanwhile.
      return this.#running.get(id) ?? running.get(id) ?? this.#unlessLost(stored);
    });
  }

  /**
   * Removes the clicks that an import added, and the URLs that it registered and that have no clicks then. When it settles,
   * no later answer contains them. After a failure it can be called again.
   * @throws AppError `conflict` while the import is running
   */
  async undo(entry: ImportEntry): Promise<Undone> {
    const { database, shards, log, removal, urls } = this.#parts;
    const { id, state } = entry;
    if (state === 'running') {
      throw new AppError('conflict', 'The import is still running: it can be undone when it has ended.');
    }
    // What a process that died has sent may be stored a moment later.
    await endOfNamedInserts(database, shards);
    const clicks = await removal.undo(id, (work) => urls.codeLock.shut(work));
    const undone = { clicks, urls: await urls.deleteUnused(id) };
    await log.write({ ...entry, state: 'undone' });
    return undone;
  }

  /** Removes the oldest imports of owners that have more than are kept. @throws AppError `unavailable` */
  async removeOldest(): Promise<void> {
    await this.#parts.history.removeOldest();
  }

  async #started(wanted: WantedImport): Promise<ImportEntry> {
    await this.#parts.history.makeRoom();
    const startedAt = this.#parts.now();
    const id = await this.#ids.next(startedAt);
    const report = emptyReport();
    const entry: ImportEntry = {
      ...wanted,
      id,
      state: 'running',
      error: null,
      report,
      startedAt,
      finishedAt: null,
    };
    this.update(entry);
    return entry;
  }

  /** What is stored of an import that is not running in this process. */
  #unlessLost({ entry, ageMs }: StoredEntry): ImportEntry {
    const isLost = entry.state === 'running' && (this.#parts.isAlone || ageMs > LOST_AFTER_MS);
    return isLost ? { ...entry, state: 'failed', error: LOST } : entry;
  }
}

export function noImport(): AppError {
  return new AppError('not_found', 'There is no such import.', { field: 'id' });
}
