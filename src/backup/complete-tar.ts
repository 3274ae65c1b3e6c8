import { type FileHandle, open } from 'node:fs/promises';

const BLOCK = 512;

/**
 * Whether a tar archive is complete: each entry starts where the previous one ends, and two empty blocks end it. ClickHouse
 * reports success even if the disk was full and the end, or the middle, of a backup was never written.
 */
export async function isCompleteTar(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    let at = 0;
    while (at + 2 * BLOCK <= size) {
      const header = await blockAt(file, at);
      if (header.every((byte) => byte === 0))
        return (await blockAt(file, at + BLOCK)).every((byte) => byte === 0);
      if (header.toString('latin1', 257, 262) !== 'ustar') return false;
      at += BLOCK + Math.ceil(sizeIn(header) / BLOCK) * BLOCK;
    }
    return false;
  } finally {
    await file.close();
  }
}

async function blockAt(file: FileHandle, at: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, at);
  return buffer;
}

/** The size of an entry: octal digits, or for 8 GiB and more a binary number with the first bit set. */
function sizeIn(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString('latin1', 124, 136), 8);
}
