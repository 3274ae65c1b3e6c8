import { yielding } from '../../lib/event-loop.ts';

const BLOCK_BYTES = 65_536;

const NOTHING = Buffer.alloc(0);

/** A piece of so many bytes is kept as it is. */
const LARGE_BYTES = 16_384;

/**
 * Collects a body that arrives in pieces. Small ones are copied into blocks, because each Buffer takes some hundred bytes of heap
 * and the client chooses how many there are. Large ones are not: V8 collects all garbage after so many bytes of buffers.
 */
export class BodyPieces {
  /** Bytes so far. */
  length = 0;
  readonly #blocks: Buffer[] = [];
  /** The unfilled rest of the latest block that pieces are copied into. */
  #free = NOTHING;
  /** Whether the last block is that one. */
  #isOpen = false;

  add(piece: Buffer): void {
    this.length += piece.length;
    // Most bodies are one piece.
    if (this.#blocks.length === 0 || isLarge(piece)) {
      this.#close();
      this.#blocks.push(piece);
      return;
    }
    for (let rest = piece; rest.length > 0;) {
      if (this.#free.length === 0) {
        this.#free = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        this.#isOpen = false;
      }
      if (!this.#isOpen) this.#blocks.push(this.#free);
      this.#isOpen = true;
      const copied = rest.copy(this.#free);
      this.#free = this.#free.subarray(copied);
      rest = rest.subarray(copied);
    }
  }

  /** Leaves the rest of the last block to what comes after the next one. */
  #close(): void {
    const last = this.#blocks.pop();
    if (last !== undefined)
      this.#blocks.push(this.#isOpen ? last.subarray(0, last.length - this.#free.length) : last);
    this.#isOpen = false;
  }

  /** The whole body. Nothing is added afterwards. */
  async joined(): Promise<Buffer> {
    const [first] = this.#blocks;
    if (first?.length === this.length) return first;
    const whole = Buffer.allocUnsafeSlow(this.length);
    let at = 0;
    for await (const block of yielding(this.#blocks)) at += block.copy(whole, at);
    return whole;
  }

  /** Releases all of it. */
  clear(): void {
    this.#blocks.length = 0;
    this.#free = NOTHING;
    this.#isOpen = false;
  }
}

/** Whether it is worth keeping, and most of what was received with it: it keeps all of that in memory. */
function isLarge({ length, buffer }: Buffer): boolean {
  return length >= LARGE_BYTES && length >= buffer.byteLength / 2;
}
