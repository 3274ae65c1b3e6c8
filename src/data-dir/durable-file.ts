import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { naming } from './data-dir.ts';

/**
 * Puts a file (mode 0600) in the place of the one there is, if any: wholly or not at all, also when the disk is full
 * or the power goes.
 * @throws Error of the file system, its `path` the file
 */
export function replaceFile(path: string, text: string): void {
  publish(path, text, (draft) => renameSync(draft, path));
}

/**
 * The same for a file that is to be made once, whoever comes first.
 * @returns false when it is there already; then it is left alone
 */
export function createFile(path: string, text: string): boolean {
  let isCreated = true;
  publish(path, text, (draft) => {
    try {
      // Unlike a rename, a link never replaces a file that another process has put there meanwhile.
      linkSync(draft, path);
    } catch (error) {
      if (!isFileExists(error)) throw error;
      isCreated = false;
    }
  });
  return isCreated;
}

function publish(path: string, text: string, moveIntoPlace: (draft: string) => void): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    // Nobody knows the draft.
    naming(path, () => {
      withOpen(draft, 'wx', (file) => {
        writeFileSync(file, text);
        fsyncSync(file);
      });
      moveIntoPlace(draft);
      withOpen(dirname(path), 'r', fsyncSync);
    });
  } finally {
    rmSync(draft, { force: true });
  }
}

function withOpen(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}

function isFileExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
