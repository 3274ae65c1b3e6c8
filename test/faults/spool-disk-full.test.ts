import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statfsSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { ExportFolder, openExportFolder } from '../../src/export-jobs/export-folder.ts';
import { SpoolFile } from '../../src/export-spool/spool-file.ts';
import { openSpoolFolder } from '../../src/export-spool/spool-folder.ts';
import { Spool } from '../../src/export-spool/spool.ts';
import { endProcesses, newFolder } from '../support/process.ts';
import { sharesOf } from '../support/room.ts';

const MIB = 1_048_576;
const HOLDER = { kind: 'owner', name: 'a' } as const;
let mounted: string | undefined;

afterEach(async () => {
  if (mounted !== undefined) spawnSync('umount', ['--lazy', mounted]);
  mounted = undefined;
  await endProcesses();
});

/** A file system of 16 MiB. */
function smallDisk(): string {
  const folder = newFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${16 * MIB}`, 'tmpfs', folder]);
  if (status !== 0) throw new Error('A small disk cannot be mounted: run this test as root on Linux.');
  mounted = folder;
  return folder;
}

/** A spool that may take far more than its disk has. */
function spoolOnSmallDisk(): { folder: string; spool: Spool } {
  const folder = smallDisk();
  const { spoolBytes: spool } = sharesOf({ spoolBytes: 1_024 * MIB });
  return { folder, spool: new Spool(openSpoolFolder(folder), spool) };
}

/** Appends until the file takes no more; answers what it took. */
async function fill(file: SpoolFile, blockBytes: number): Promise<readonly Buffer[]> {
  const taken: Buffer[] = [];
  for (;;) {
    const block = randomBytes(blockBytes);
    if (!(await file.append(block))) return taken;
    taken.push(block);
  }
}

async function readBack(file: SpoolFile): Promise<readonly Buffer[]> {
  const blocks: Buffer[] = [];
  for (let place = 0; place < file.length; place++) blocks.push(await file.read(place));
  return blocks;
}

test('a spool leaves a tenth of the disk to clicks, and gives back what it took', async () => {
  const { folder, spool } = spoolOnSmallDisk();
  const file = await spool.create(HOLDER);
  if (file === undefined) throw new Error('No file.');
  const taken = await fill(file, 262_144);
  const { bavail, bsize } = statfsSync(folder);
  expect(bavail * bsize).toBeGreaterThan(MIB);
  expect(taken.length).toBeGreaterThan(50);
  expect(Buffer.concat(await readBack(file)).equals(Buffer.concat(taken))).toBe(true);
  await file.close();
  expect(statfsSync(folder).bavail).toBeGreaterThan(bavail);
});

test('a disk that is full in the middle of a block costs no byte of what was spooled before', async () => {
  const { spool } = spoolOnSmallDisk();
  const file = await spool.create(HOLDER);
  if (file === undefined) throw new Error('No file.');
  // Blocks larger than what is left to clicks, so that the disk ends within one.
  const taken = await fill(file, 6 * MIB);
  expect(taken).toHaveLength(2);
  expect(Buffer.concat(await readBack(file)).equals(Buffer.concat(taken))).toBe(true);
  await file.close();
});

test.each([262_144, 6 * MIB])(
  'a full disk fails the file of an export, written in pieces of %d bytes, and costs no other one',
  async (pieceBytes) => {
    const { path } = openExportFolder(smallDisk());
    const { exportFileBytes: exportFiles } = sharesOf({ exportFileBytes: 1_024 * MIB });
    const files = new ExportFolder(path, exportFiles);
    const whole = randomBytes(MIB);
    const first = await files.create('first', HOLDER);
    await first.write(whole);
    await first.commit();
    const second = await files.create('second', HOLDER);
    const filling = (async () => {
      for (;;) await second.write(randomBytes(pieceBytes));
    })();
    await expect(filling).rejects.toThrow(/^The disk that exports are written to is full/);
    await second.discard();
    expect(readdirSync(path)).toEqual(['first']);
    expect(readFileSync(`${path}/first`).equals(whole)).toBe(true);
    expect(exportFiles.heldBy(HOLDER)).toBe(MIB);
  },
);
