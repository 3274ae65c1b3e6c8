import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/commands.ts';
import { endProcesses, processesNaming, startServer } from '../support/process.ts';
import { makeReadOnly, smallDisk, unmountDisk } from '../support/small-disk.ts';
import { ADMIN_KEY } from '../support/spoor.ts';

afterEach(async () => {
  unmountDisk();
  await endProcesses();
});

const KIB = 1_024;
const FULL = /^spoor: SPOOR_DATA_DIR: [^\n]+disk [^\n]*is full[^\n]*\n$/;

describe('a start on a disk without room', () => {
  test.each([4, 8, 32, 64, 256, 512])('of %i KiB says so, and no secret is left that is cut', async (kib) => {
    const folder = smallDisk(kib * KIB);
    const settings = { SPOOR_DATA_DIR: join(folder, 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
    const { code, stderr } = await runCommand(['serve'], settings);
    expect([code, stderr]).toEqual([1, expect.stringMatching(FULL)]);
    expect(processesNaming(settings.SPOOR_DATA_DIR)).toEqual([]);
    for (const name of ['clickhouse-password', 'visitor-secret'])
      if (readdirSync(settings.SPOOR_DATA_DIR).includes(name))
        expect(readFileSync(join(settings.SPOOR_DATA_DIR, name), 'utf8')).toMatch(/^[\w-]{43}\n$/);
  });

  test('that had been full goes on once there is room', async () => {
    const folder = smallDisk(64 * KIB * KIB);
    const settings = { SPOOR_DATA_DIR: join(folder, 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
    const ballast = join(folder, 'ballast');
    mkdirSync(settings.SPOOR_DATA_DIR);
    fill(ballast);
    const { code, stderr } = await runCommand(['serve'], settings);
    expect([code, stderr]).toEqual([1, expect.stringMatching(FULL)]);
    expect(readdirSync(settings.SPOOR_DATA_DIR)).not.toContain('clickhouse-password');
    rmSync(ballast);
    const { url } = await startServer(settings);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });
});

test('a data directory on a read-only disk is named in one line', async () => {
  const folder = smallDisk(64 * KIB * KIB);
  const settings = { SPOOR_DATA_DIR: join(folder, 'data'), SPOOR_ADMIN_KEY: ADMIN_KEY };
  const { server } = await startServer(settings);
  server.signal('SIGTERM');
  await server.ended;
  makeReadOnly(folder);
  for (const command of ['serve', 'migrate', 'stats']) {
    const { code, stdout, stderr } = await runCommand([command], settings);
    expect([command, code, stdout, stderr]).toEqual([
      command,
      1,
      '',
      expect.stringMatching(/^spoor: SPOOR_DATA_DIR: [^\n]+ \(EROFS: the file system is read-only\)\.\n$/),
    ]);
  }
});

/** Writes until nothing more goes in. */
function fill(file: string): void {
  const piece = Buffer.alloc(4 * KIB);
  for (;;) {
    try {
      writeFileSync(file, piece, { flag: 'a' });
    } catch {
      return;
    }
  }
}
