import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folder in a data directory that the embedded ClickHouse writes archives to and reads them from. */
export const ARCHIVE_FOLDER = 'backups';

/** A data directory that cannot be used; the message is the one line for the operator. */
export class DataDirError extends Error {}

/**
 * Creates the data directory, accessible only to its owner, unless it exists.
 * @param setting that names it
 * @throws DataDirError
 */
export function createDataDir(dataDir: string, setting = 'SPOOR_DATA_DIR'): void {
  try {
    makeFolder(dataDir);
  } catch (cause) {
    throw new DataDirError(`${setting}: ${dataDir} cannot be used as a directory (${reasonOf(cause)}).`, {
      cause,
    });
  }
}

/** Creates one folder at a time: Node's recursive mkdir never returns inside file systems such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    readdirSync(path);
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** File system errors in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's disk quota is used up",
  EEXIST: 'something else has that name',
  EISDIR: 'it is a directory',
  ENOTDIR: 'its path leads through a file',
  ENOENT: 'it does not exist',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const reason = REASONS[code];
  return reason === undefined ? code : `${code}: ${reason}`;
}

/** Uses a file, and adds its path to an error. @throws Error of the file system */
export function naming<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

/** Turns an error about a file in the data directory into a sentence that names the setting; returns other errors as they are. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return error;
  const path = String(error.path);
  if (!path.startsWith(dataDir)) return error;
  return new DataDirError(`SPOOR_DATA_DIR: ${path} cannot be used (${reasonOf(error)}).`, { cause: error });
}
