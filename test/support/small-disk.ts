import { spawnSync } from 'node:child_process';
import { newFolder } from './process.ts';

let mounted: string | undefined;

/** A new folder that is a file system in memory. @throws Error without the right to mount one */
export function smallDisk(bytes: number): string {
  const folder = newFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  if (status !== 0) throw new Error('A small disk cannot be mounted: run this test as root on Linux.');
  mounted = folder;
  return folder;
}

/** From now on nothing can be written to it. */
export function makeReadOnly(folder: string): void {
  spawnSync('mount', ['-o', 'remount,ro', folder]);
}

/** For `afterEach`, before the folders are removed, which a mounted one cannot be. */
export function unmountDisk(): void {
  if (mounted !== undefined) spawnSync('umount', ['--lazy', mounted]);
  mounted = undefined;
}
