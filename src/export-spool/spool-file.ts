import { type FileHandle, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Lease } from '../fair-share/share.ts';
import { hasSpareRoom } from './spool-folder.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Rows shrink to a tenth at the fastest level, on threads beside the event loop. */
const LEVEL = 1;
/** A result that hardly shrinks is packed already, as archives are. */
const WORTH_IT = 0.9;

interface Block {
  readonly at: number;
  readonly length: number;
  readonly isDeflated: boolean;
}

/** Blocks that are appended, and read back in any order meanwhile. */
export class SpoolFile {
  readonly #file: FileHandle;
  readonly #folder: string;
  readonly #lease: Lease;
  readonly #blocks: Block[] = [];
  #end = 0;
  #deflates = true;

  constructor(file: FileHandle, folder: string, lease: Lease) {
    this.#file = file;
    this.#folder = folder;
    this.#lease = lease;
  }

  /** How many blocks it has. */
  get length(): number {
    return this.#blocks.length;
  }

  /**
   * Appends a block, whole or not at all.
   * @returns false when its holder's share or the disk has no room for it, or the disk does not take it
   */
  async append(bytes: Buffer): Promise<boolean> {
    const deflated = this.#deflates ? await deflate(bytes, { level: LEVEL }) : bytes;
    this.#deflates &&= deflated.length < bytes.length * WORTH_IT;
    const stored = this.#deflates ? deflated : bytes;
    try {
      if (!hasSpareRoom(await statfs(this.#folder)) || !this.#lease.grow(stored.length)) return false;
      for (let written = 0; written < stored.length;) {
        const { bytesWritten } = await this.#file.write(stored, written, undefined, this.#end + written);
        written += bytesWritten;
      }
    } catch {
      return false;
    }
    this.#blocks.push({ at: this.#end, length: stored.length, isDeflated: this.#deflates });
    this.#end += stored.length;
    return true;
  }

  /** @throws Error when there is no such block, or it cannot be read back */
  async read(place: number): Promise<Buffer> {
    const block = this.#blocks[place];
    if (block === undefined) throw new Error('A spooled result has no such block.');
    const stored = Buffer.allocUnsafe(block.length);
    for (let read = 0; read < block.length;) {
      const { bytesRead } = await this.#file.read(stored, read, block.length - read, block.at + read);
      if (bytesRead === 0) throw new Error('A spooled result ended before its end.');
      read += bytesRead;
    }
    return block.isDeflated ? inflate(stored) : stored;
  }

  /** Gives its room back. */
  async close(): Promise<void> {
    try {
      await this.#file.close();
    } finally {
      this.#lease.release();
    }
  }
}
