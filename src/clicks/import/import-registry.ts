import { setTimeout as delay } from 'node:timers/promises';
import type { Shards } from '../../clickhouse/cluster.ts';
import type { Database } from '../../clickhouse/database.ts';
import { AppError } from '../../errors.ts';
import type { UrlRegistry } from '../../urls/url-registry.ts';
import { endOfNamedInserts } from '../named-insert.ts';
import type { ClickRemoval } from '../../erasure/click-removal.ts';
import type { ImportHistory } from './import-history.ts';
import type { ImportEntry, ImportListing, ImportLog, StoredEntry } from './import-log.ts';
import { ImportIds } from './import-ids.ts';
import { LostImports, mayGoOn, versionOver } from './lost-imports.ts';
import { OwnImport } from './own-import.ts';
import { type ImportReport, emptyReport } from './import-report.ts';

export interface ImportRegistryParts {
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
 * @param mayStore to be called before anything is stored: it throws where another instance has undone the import
 * @returns the report, and why the import failed although it ran to its end
 */
export type ImportRun = (
  id: bigint,
  onProgress: (report: ImportReport) => void,
  mayStore: () => Promise<void>,
) => Promise<{ readonly report: ImportReport; readonly fault?: string | undefined }>;

export type WantedImport = Pick<ImportEntry, 'ownerId' | 'file' | 'options'>;

/** What an undo has removed. */
export interface Undone {
  readonly clicks: number;
  /** URLs that the import had registered. */
  readonly urls: number;
}

/** How often a running import is written down. */
const CONFIRM_EVERY_MS = 10_000;

const UNDOING = 'Its undo has begun, and has not ended: undo it again.';

/** Attempts at removing what was added after an undo, and the pause between them. */
const MAX_ATTEMPTS = 5;
const PAUSE_MS = 1_000;

/** The imports there were, and those that are running. */
export class ImportRegistry {
  readonly #parts: ImportRegistryParts;
  readonly #ids: ImportIds;
  readonly #lost: LostImports;
  /** Those of this process. */
  readonly #running = new Map<bigint, OwnImport>();

  constructor(parts: ImportRegistryParts) {
    this.#parts = parts;
    this.#ids = new ImportIds(() => parts.log.newest(), parts.isAlone);
    this.#lost = new LostImports(parts.database, parts.log, parts.isAlone);
  }

  /**
   * Runs an import and keeps a log of it.
   * @throws AppError whatever `work` throws, `unavailable` when the log cannot be written, `conflict` where another instance has
   *   taken the import for lost and undone it
   */
  async run(wanted: WantedImport, work: ImportRun): Promise<ImportEntry> {
    const own = await this.#started(wanted);
    const confirming = setInterval(() => void own.confirm().catch(() => {}), CONFIRM_EVERY_MS).unref();
    const ended = async (change: Partial<ImportEntry>): Promise<ImportEntry> => {
      clearInterval(confirming);
      return own.end({ ...change, finishedAt: this.#parts.now() });
    };
    try {
      await own.confirm();
      const { report, fault } = await work(
        own.entry.id,
        (soFar) => own.update({ report: soFar }),
        () => own.check(),
      );
      return await ended({ state: fault === undefined ? 'done' : 'failed', error: fault ?? null, report });
    } catch (error) {
      const sentence = error instanceof AppError ? error.message : 'Something went wrong on our side.';
      await ended({ state: 'failed', error: sentence }).catch(() => {});
      throw error;
    } finally {
      clearInterval(confirming);
      await this.leave(own);
    }
  }

  /** Begins an import that runs until it is left, and keeps a log of it. @throws AppError `unavailable` */
  async begin(wanted: WantedImport): Promise<OwnImport> {
    const own = await this.#started(wanted);
    try {
      await own.confirm();
    } catch (error) {
      await this.leave(own);
      throw error;
    }
    return own;
  }

  /**
   * Continues an import of an owner, whichever instance had it.
   * @throws AppError `not_found`, `conflict` for one that was undone, `unavailable`
   */
  async resume(id: bigint, ownerId: string): Promise<OwnImport> {
    const { log, now } = this.#parts;
    const running: Partial<ImportEntry> = { state: 'running', error: null, finishedAt: null };
    const known = this.#ownOf(id);
    const stored = known === undefined ? await log.find(id) : undefined;
    const entry = known?.entry ?? (stored && (await this.#entryOf(stored)));
    if (entry?.ownerId !== ownerId) throw noImport();
    if (isUndone(entry))
      throw new AppError('conflict', 'The import was undone, so it cannot go on.', { field: 'import_id' });
    const own = known ?? new OwnImport(log, now, entry, stored && versionOver(stored));
    own.update(running);
    await own.confirm();
    this.#running.set(id, own);
    return own;
  }

  /**
   * To be called when an import has ended here. Where another instance has undone it meanwhile, what this one has added since goes,
   * too.
   */
  async leave(own: OwnImport): Promise<void> {
    const { id } = own.entry;
    if (own.takenOver !== undefined && isUndone(own.takenOver)) await this.#removeLate(id);
    if (this.#running.get(id) === own) this.#running.delete(id);
  }

  /** Runs an import that stores nothing: it is not kept. @throws AppError whatever `work` throws */
  async rehearse(wanted: WantedImport, work: ImportRun): Promise<ImportEntry> {
    const { now } = this.#parts;
    const startedAt = now();
    const id = await this.#ids.next(startedAt);
    const { report, fault = null } = await work(
      id,
      () => {},
      async () => {},
    );
    return { ...wanted, id, state: 'dry_run', error: fault, report, startedAt, finishedAt: now() };
  }

  /** @returns undefined for one that there is not, or that is of another owner than `ownerId` */
  async find(id: bigint, ownerId: string | undefined): Promise<ImportEntry | undefined> {
    // Looked at first: one that ends meanwhile is written down before it is no longer among them.
    const running = this.#ownOf(id);
    const stored = running === undefined ? await this.#parts.log.find(id) : undefined;
    const entry = running?.entry ?? (stored && (await this.#entryOf(stored)));
    return entry !== undefined && (ownerId ?? entry.ownerId) === entry.ownerId ? entry : undefined;
  }

  /** The newest first. */
  async list(listing: ImportListing): Promise<readonly ImportEntry[]> {
    const running = new Map([...this.#running.keys()].map((id) => [id, this.#ownOf(id)?.entry]));
    const found = await this.#parts.log.list(listing);
    const ownOf = (id: bigint): ImportEntry | undefined => this.#ownOf(id)?.entry ?? running.get(id);
    const others = await this.#lost.settled(found.filter(({ entry }) => ownOf(entry.id) === undefined));
    const othersById = new Map(others.map((entry) => [entry.id, entry]));
    // One may have begun or ended meanwhile.
    return found.map(({ entry }) => ownOf(entry.id) ?? othersById.get(entry.id) ?? entry);
  }

  /**
   * Removes the clicks that an import added, and the URLs that it registered and that have no clicks then. When it settles,
   * no later response contains them. After a failure it can be called again.
   * @throws AppError `conflict` while the import is running, `not_found`
   */
  async undo({ id }: Pick<ImportEntry, 'id'>): Promise<Undone> {
    const { database, shards, log } = this.#parts;
    const stored = await log.find(id);
    if (stored === undefined) throw noImport();
    const entry = await this.#entryOf(stored);
    if (this.#ownOf(id) !== undefined || entry.state === 'running') {
      throw new AppError('conflict', 'The import is still running: it can be undone when it has ended.');
    }
    let version = log.versionAbove(versionOver(stored));
    // The instance that ran it may do so again, once it responds: it must find out before it stores more.
    if (mayGoOn(stored.entry)) await log.write({ ...entry, error: UNDOING }, version);
    // What a process that died has sent may be stored a moment later.
    await endOfNamedInserts(database, shards);
    const undone = await this.#removeAdded(id);
    version = log.versionAbove(version);
    await log.write({ ...entry, state: 'undone' }, version);
    return undone;
  }

  async #removeAdded(id: bigint): Promise<Undone> {
    const { removal, urls } = this.#parts;
    const clicks = await removal.undo(id, (work) => urls.codeLock.shut(work));
    return { clicks, urls: await urls.deleteUnused(id) };
  }

  async #removeLate(id: bigint): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      try {
        await this.#removeAdded(id);
        return;
      } catch {
        await delay(PAUSE_MS, undefined, { ref: false });
      }
    }
  }

  /** Removes the oldest imports of owners that have more than are kept. @throws AppError `unavailable` */
  async removeOldest(): Promise<void> {
    await this.#parts.history.removeOldest();
  }

  async #started(wanted: WantedImport): Promise<OwnImport> {
    const { history, log, now } = this.#parts;
    await history.makeRoom();
    const startedAt = now();
    const id = await this.#ids.next(startedAt);
    const begun = {
      state: 'running',
      error: null,
      report: emptyReport(),
      startedAt,
      finishedAt: null,
    } as const;
    const own = new OwnImport(log, now, { ...wanted, id, ...begun });
    this.#running.set(id, own);
    return own;
  }

  /** The import, if this process runs it. */
  #ownOf(id: bigint): OwnImport | undefined {
    const own = this.#running.get(id);
    return own?.takenOver === undefined ? own : undefined;
  }

  async #entryOf(stored: StoredEntry): Promise<ImportEntry> {
    const own = this.#ownOf(stored.entry.id);
    if (own !== undefined) return own.entry;
    const [entry = stored.entry] = await this.#lost.settled([stored]);
    return entry;
  }
}

function isUndone({ state, error }: ImportEntry): boolean {
  return state === 'undone' || error === UNDOING;
}

export function noImport(): AppError {
  return new AppError('not_found', 'There is no such import.', { field: 'id' });
}
