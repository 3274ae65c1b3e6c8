import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isCompleteTar } from '../../src/backup/complete-tar.ts';

let folder: string;
let whole: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spoor-tar-'));
  for (const [name, bytes] of [
    ['none', 0],
    ['one', 1],
    ['block', 512],
    ['more', 1_300],
  ] as const) {
    writeFileSync(join(folder, name), Buffer.alloc(bytes, 'x'));
  }
  // Without padding behind the two empty blocks.
  execFileSync(
    'tar',
    ['--create', '--blocking-factor=1', '--file=whole.tar', 'none', 'one', 'block', 'more'],
    {
      cwd: folder,
    },
  );
  whole = readFileSync(join(folder, 'whole.tar'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function isWhole(bytes: Buffer): Promise<boolean> {
  const path = join(folder, 'some.tar');
  writeFileSync(path, bytes);
  return isCompleteTar(path);
}

test('an archive is whole, padded or not', async () => {
  expect(await isWhole(whole)).toBe(true);
  expect(await isWhole(Buffer.concat([whole, Buffer.alloc(8_192)]))).toBe(true);
});

test('one that ends anywhere before its end is not', async () => {
  for (let length = 0; length < whole.length; length += 256) {
    expect([length, await isWhole(whole.subarray(0, length))]).toEqual([length, false]);
  }
});

test('one with a piece missing in its midst, but for a whole entry, is not', async () => {
  for (let at = 512; at < whole.length - 1_024; at += 512) {
    const cut = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 512)]);
    expect([at, await isWhole(cut)]).toEqual([at, false]);
  }
});
