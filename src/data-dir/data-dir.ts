import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** A data directory that cannot be used; the message is the one line for the operator. */
export class DataDirError extends Error {}

/**
 * Makes the data directory, for its owner alone, unless it is there.
 * @throws DataDirError
 */
export function createDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir);
  } catch (cause) {
    throw new DataDirError(`SPOOR_DATA_DIR: ${dataDir} cannot be used as a directory (${reasonOf(cause)}).`, {
      cause,
    });
  }
}

/** One folder at a time: Node's own recursive way never returns below a file system that takes none, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    readdirSync(path);
    return;
  }
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** What an operator can do about the errors of a file system. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's disk quota is used up",
  EEXIST: 'there is something else of that name',
  EISDIR: 'there is a directory of that name',
  ENOTDIR: 'there is a file in its path',
  ENOENT: 'it has gone',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const reason = REASONS[code];
  return reason === undefined ? code : `${code}: ${reason}`;
}

/** Uses a file; a failure names it, as that of a read or write does not by itself. @throws Error of the file system */
export function naming<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

/** A failure to use a file in the data directory, as a sentence that names the setting; any other error as it is. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return error;
  const path = String(error.path);
  if (!path.startsWith(dataDir)) return error;
  return new DataDirError(`SPOOR_DATA_DIR: ${path} cannot be used (${reasonOf(error)}).`, { cause: error });
}
