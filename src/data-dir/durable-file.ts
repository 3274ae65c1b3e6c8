import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { naming } from './data-dir.ts';

/**
 * Creates or replaces a file (mode 0600) atomically, also when the disk is full or the power fails.
 * @throws Error of the file system, with the file's `path`
 */
export function replaceFile(path: string, text: string): void {
  publish(path, text, (draft) => renameSync(draft, path));
}

/**
 * Creates a file in the same way, unless it exists.
 * @returns false when it exists; it is unchanged then
 */
export function createFile(path: string, text: string): boolean {
  let isCreated = true;
  publish(path, text, (draft) => {
    try {
      // Unlike a rename, a link never replaces a file that another process has created meanwhile.
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
    // Errors name the file, not the draft, which the operator does not know.
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
