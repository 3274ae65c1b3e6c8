import { lstatSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { DataDirError, createDataDir } from '../data-dir/data-dir.ts';
import { readOrCreateInstanceId } from '../data-dir/instance-id.ts';
import { hasSpareRoom } from '../export-spool/spool-folder.ts';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Holder } from '../fair-share/holder.ts';
import type { Lease } from '../fair-share/share.ts';
import { ExportFailure, type ExportTarget } from './export-job.ts';

/** Of the space that is free at the start, what the files of exports take together unless told otherwise; and its most, bytes. */
const FREE_SHARE = 1 / 4;
const MOST_BYTES = 8 * 1_073_741_824;

/** The ending of a file that is not whole yet; a whole one has the id of its job as its name. */
const DRAFT = '.part';

const DISK_FULL = 'The disk that exports are written to is full: try again when there is room.';
const SHARE_FULL = 'The files of exports take all the space that they may: delete some, or narrow the range.';

/** Makes the folder, for its owner alone. @throws Error when it cannot be had */
export function openExportFolder(path: string): { readonly path: string; readonly defaultBytes: number } {
  createDataDir(path, 'SPOOR_EXPORT_DIR');
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a folder.`);
  const { bavail, bsize } = statfsSync(path);
  return { path, defaultBytes: Math.min(MOST_BYTES, Math.floor(bavail * bsize * FREE_SHARE)) };
}

/**
 * Where the files of export jobs lie; undefined, and there are no jobs, where the data directory or that folder is not writable.
 * @throws DataDirError when it is not the data directory's, and is none at all
 */
export function exportFilesOf(
  { exportDir, dataDir }: { readonly exportDir: string; readonly dataDir: string },
  log: Logger,
) {
  try {
    const instance = readOrCreateInstanceId(dataDir);
    // Several instances may have the folder in common.
    return { ...openExportFolder(join(exportDir, instance)), instance };
  } catch (error) {
    if (!exportDir.startsWith(dataDir) && error instanceof DataDirError && !isFull(error.cause)) throw error;
    log.warn({ failure: failureName(error) }, 'SPOOR_EXPORT_DIR is not writable: exports cannot be stored');
    return undefined;
  }
}

/** The files of this instance's exports, each named by its job. */
export class ExportFolder {
  readonly #path: string;
  readonly #share: FairShare;
  readonly #leases = new Map<string, Lease>();

  /** @param share bytes that all files may take together, and those of one owner */
  constructor(path: string, share: FairShare) {
    this.#path = path;
    this.#share = share;
  }

  /** Begins the file of a job; what there is of an earlier attempt goes. @throws ExportFailure when there is no room */
  async create(id: string, holder: Holder): Promise<ExportTarget> {
    await this.remove(id);
    const lease = this.#share.take(holder, 0);
    if (lease === undefined) throw new ExportFailure(SHARE_FULL);
    const path = join(this.#path, id + DRAFT);
    try {
      const file = await open(path, 'wx', 0o600);
      const settle = (): void => void this.#leases.set(id, lease);
      return new FileTarget(
        { file, folder: this.#path, draft: path, path: join(this.#path, id), lease },
        settle,
      );
    } catch (error) {
      lease.release();
      throw failureOf(error);
    }
  }

  /** The file of a job; undefined where it is gone. */
  async open(id: string): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#path, id), 'r');
    } catch {
      return undefined;
    }
  }

  /** Removes what there is of a job's file, and gives its room back. */
  async remove(id: string): Promise<void> {
    for (const name of [id, id + DRAFT]) await rm(join(this.#path, name), { force: true });
    this.#leases.get(id)?.release();
    this.#leases.delete(id);
  }

  /**
   * Removes every file but those of these jobs, and counts those.
   * @param kept whom a job's file counts against, by the id of the job
   * @param isActive whether a job is being carried out
   */
  async sweep(kept: ReadonlyMap<string, Holder>, isActive: (id: string) => boolean): Promise<void> {
    for (const name of readdirSync(this.#path)) {
      const id = name.endsWith(DRAFT) ? name.slice(0, -DRAFT.length) : name;
      const holder = kept.get(id);
      if (holder === undefined) {
        if (!isActive(id)) await this.remove(id);
      } else if (name === id) this.#count(id, holder);
      else await rm(join(this.#path, name), { force: true });
    }
  }

  #count(id: string, holder: Holder): void {
    if (this.#leases.has(id)) return;
    const lease = this.#share.take(holder, 0);
    const bytes = statSync(join(this.#path, id), { throwIfNoEntry: false })?.size ?? 0;
    // Of files that are there already none is removed because less is allowed now.
    if (lease?.grow(bytes) === true) this.#leases.set(id, lease);
    else lease?.release();
  }
}

interface Draft {
  readonly file: FileHandle;
  readonly folder: string;
  readonly draft: string;
  readonly path: string;
  readonly lease: Lease;
}

/** A file that has its name once it is whole, also when the power fails. */
class FileTarget implements ExportTarget {
  readonly #own: Draft;
  readonly #onCommit: () => void;
  #isOpen = true;
  #isCommitted = false;

  constructor(own: Draft, onCommit: () => void) {
    this.#own = own;
    this.#onCommit = onCommit;
  }

  async write(bytes: Buffer): Promise<void> {
    const { file, folder, lease } = this.#own;
    try {
      if (!hasSpareRoom(await statfs(folder))) throw new ExportFailure(DISK_FULL);
      if (!lease.grow(bytes.length)) throw new ExportFailure(SHARE_FULL);
      for (let written = 0; written < bytes.length;) {
        written += (await file.write(bytes, written)).bytesWritten;
      }
    } catch (error) {
      throw failureOf(error);
    }
  }

  async commit(): Promise<void> {
    const { file, folder, draft, path } = this.#own;
    try {
      await file.sync();
      await this.#close();
      await rename(draft, path);
      const directory = await open(folder, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
      this.#isCommitted = true;
      this.#onCommit();
    } catch (error) {
      throw failureOf(error);
    }
  }

  async discard(): Promise<void> {
    if (this.#isCommitted) return;
    const { draft, lease } = this.#own;
    await this.#close();
    await rm(draft, { force: true });
    lease.release();
  }

  async #close(): Promise<void> {
    if (this.#isOpen) await this.#own.file.close();
    this.#isOpen = false;
  }
}

function codeOf(error: unknown): unknown {
  const { code }: { readonly code?: unknown } = Object(error);
  return code;
}

/** Whether it is an error of a full disk. */
function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** An error of the file system as its owner is told of it. */
function failureOf(error: unknown): unknown {
  const code = codeOf(error);
  if (isFull(error)) return new ExportFailure(DISK_FULL, { cause: error });
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return new ExportFailure('The file cannot be written: the operator must look at the export folder.', {
      cause: error,
    });
  }
  return error;
}
