import { yielding } from '../../lib/event-loop.ts';

const BLOCK_BYTES = 65_536;

/**
 * Collects a body that arrives in pieces. They are copied into blocks, because each Buffer takes some hundred bytes of heap and
 * the client chooses how many there are.
 */
export class BodyPieces {
  /** Bytes so far. */
  length = 0;
  readonly #blocks: Buffer[] = [];
  /** The unfilled rest of the last block. */
  #free = Buffer.alloc(0);

  add(piece: Buffer): void {
    this.length += piece.length;
    // Most bodies are one piece.
    if (this.#blocks.length === 0) {
      this.#blocks.push(piece);
      return;
    }
    for (let rest = piece; rest.length > 0;) {
      if (this.#free.length === 0) {
        this.#free = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        this.#blocks.push(this.#free);
      }
      const copied = rest.copy(this.#free);
      this.#free = this.#free.subarray(copied);
      rest = rest.subarray(copied);
    }
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
    this.#free = Buffer.alloc(0);
  }
}
