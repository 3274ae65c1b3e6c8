import { lstatSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { failureName } from '../clickhouse/failures.ts';
import { createDataDir } from '../data-dir/data-dir.ts';

/** The folder in a data directory that results of exports lie in while their readers are slow. */
const FOLDER = 'spool';

/** Of the space that is free at the start, what the spool takes unless told otherwise; and its most, bytes. */
const FREE_SHARE = 1 / 10;
const MOST_BYTES = 8 * 1_073_741_824;

/** Of a disk, what is left to clicks. */
const RESERVE = 1 / 10;

/** The space of a file system that spooled results may have. */
export interface SpoolFolder {
  readonly path: string;
  /** What all of them may take together, where nothing else is said: bytes. */
  readonly defaultBytes: number;
}

/**
 * Makes the folder, for its owner alone. What a process left there that was killed in the moment between making a file
 * and taking its name away is removed.
 * @throws Error when the folder cannot be had
 */
export function openSpoolFolder(dataDir: string): SpoolFolder {
  createDataDir(dataDir);
  const path = join(dataDir, FOLDER);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // What is removed below must be this folder's own.
  if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a folder.`);
  for (const name of readdirSync(path)) rmSync(join(path, name), { force: true });
  const { bavail, bsize } = statfsSync(path);
  return { path, defaultBytes: Math.min(MOST_BYTES, Math.floor(bavail * bsize * FREE_SHARE)) };
}

/** Where exports to slow clients are spooled; undefined if spooling is off or the data directory is not writable. */
export function spoolFolderOf(
  { spoolBytes, dataDir }: { readonly spoolBytes: number | undefined; readonly dataDir: string },
  log: Logger,
): SpoolFolder | undefined {
  if (spoolBytes === 0) return undefined;
  try {
    return openSpoolFolder(dataDir);
  } catch (error) {
    log.warn(
      { failure: failureName(error) },
      'SPOOR_DATA_DIR is not writable: exports to slow clients are not spooled',
    );
    return undefined;
  }
}

/** Whether a disk has room beyond what clicks are to find there. */
export function hasSpareRoom({
  bavail,
  blocks,
}: {
  readonly bavail: number;
  readonly blocks: number;
}): boolean {
  return bavail > blocks * RESERVE;
}
