import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FairShare } from '../fair-share/fair-share.ts';
import type { Lease } from '../fair-share/share.ts';
import type { Holder } from '../fair-share/holder.ts';
import type { SpoolFolder } from './spool-folder.ts';
import { SpoolFile } from './spool-file.ts';

/** Where results of exports wait for readers that are slower than ClickHouse. */
export class Spool {
  readonly #folder: SpoolFolder;
  readonly #bytes: FairShare;

  /** @param bytes what all files may take together, and each holder's among them */
  constructor(folder: SpoolFolder, bytes: FairShare) {
    this.#folder = folder;
    this.#bytes = bytes;
  }

  /** A new file, which counts against that holder; undefined when none can be made. */
  async create(holder: Holder): Promise<SpoolFile | undefined> {
    const lease = this.#bytes.take(holder, 0);
    if (lease === undefined) return undefined;
    const file = await this.#nameless(lease);
    return file && new SpoolFile(file, this.#folder.path, lease);
  }

  /** A file without a name goes with its process, whatever ends that. */
  async #nameless(lease: Lease): Promise<FileHandle | undefined> {
    const path = join(this.#folder.path, randomBytes(16).toString('hex'));
    try {
      const file = await open(path, 'wx+', 0o600);
      await rm(path);
      return file;
    } catch {
      lease.release();
      return undefined;
    }
  }
}
