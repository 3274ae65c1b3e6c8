import { timeSlices } from '../lib/event-loop.ts';
import { giveBack } from '../lib/read-buffers.ts';
import type { SpoolFile } from './spool-file.ts';

/** Less than what a piece from ClickHouse has, most of the time. */
const BLOCK_BYTES = 131_072;

/** What a source gives while its reader is slow: on disk as far as there is room. */
export class Backlog {
  readonly #source: AsyncIterator<Buffer | string>;
  readonly #filling: Promise<void>;
  #file: SpoolFile | undefined;
  #isFilling = true;
  #isClosed = false;
  #isWhole = false;
  #failure: unknown;
  /** Taken from the source when there was no more room. */
  #rest: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  /** Begins to read the source, which nobody else may read until `pieces` has ended. */
  constructor(source: AsyncIterator<Buffer | string>, createFile: () => Promise<SpoolFile | undefined>) {
    this.#source = source;
    this.#filling = this.#fill(createFile)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#isFilling = false;
        this.#wake?.();
      });
  }

  /** Whether the source has been read to its end. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** What was taken from the source, in order. @throws what the source threw, or Error when the disk does not give it back */
  async *pieces(): AsyncGenerator<Buffer> {
    for (let place = 0; ; place++) {
      while (this.#isFilling && place >= (this.#file?.length ?? 0)) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#file === undefined || place >= this.#file.length) break;
      yield await this.#file.read(place);
    }
    if (this.#rest.length > 0) yield this.#rest;
  }

  /** Gives up what it holds. The source must end or fail soon for it to settle, if it is being read. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
    await this.#file?.close();
  }

  async #fill(createFile: () => Promise<SpoolFile | undefined>): Promise<void> {
    const file = (this.#file = await createFile());
    if (file === undefined) return;
    const yieldIfDue = timeSlices();
    let gathered: Buffer[] = [];
    let bytes = 0;
    while (!this.#isClosed && !this.#isWhole) {
      const { done, value } = await this.#source.next();
      if (done === true) this.#isWhole = true;
      else {
        const piece = typeof value === 'string' ? Buffer.from(value) : value;
        gathered.push(piece);
        bytes += piece.length;
        await yieldIfDue();
        if (bytes < BLOCK_BYTES) continue;
      }
      if (bytes === 0) return;
      // Most pieces are a block by themselves, and a copy of each would have to be collected.
      const block =
        gathered.length === 1 && gathered[0] !== undefined ? gathered[0] : Buffer.concat(gathered);
      if (!(await file.append(block))) {
        this.#rest = block;
        return;
      }
      gathered.forEach(giveBack);
      gathered = [];
      bytes = 0;
      this.#wake?.();
    }
  }
}
