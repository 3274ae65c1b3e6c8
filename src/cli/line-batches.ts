/** Whole lines. */
export interface LineBatch {
  readonly bytes: Buffer;
  /** Nothing follows. */
  readonly isLast: boolean;
}

/** So many bytes are a batch at once; the source is not read further while they wait. */
const FULL_BYTES = 8 * 1_048_576;
/** How long lines wait for others. */
const BATCH_MS = 1_000;

const LINE_FEED = 0x0a;

/** Makes batches of whole lines of what comes, each a second long. */
export class LineBatches {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #hasLine = false;
  #isAtEnd = false;
  #failure: { readonly cause: unknown } | undefined;
  #wake: () => void = () => {};
  #goOn: () => void = () => {};
  readonly #signal: AbortSignal;

  /** @param signal ends the source; what has come until then is in the last batch, but for a line that has no end */
  constructor(source: AsyncIterable<Buffer>, signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    void this.#read(source);
  }

  /**
   * The next batch; an empty one if no line comes for `idleMs`.
   * @throws what reading the source throws, once the lines before are taken
   */
  async next(idleMs: number): Promise<LineBatch> {
    await this.#until(() => this.#hasLine, idleMs);
    if (this.#hasLine) await this.#until(() => this.#bytes >= FULL_BYTES, BATCH_MS);
    const all = Buffer.concat(this.#pieces);
    const isLast = this.#isOver;
    const isWhole = (this.#isAtEnd && !this.#signal.aborted) || all.length >= FULL_BYTES;
    // A line that fills a batch is sent in pieces, and is rejected as too long.
    const end = all.lastIndexOf(LINE_FEED) + 1;
    const cut = isWhole && (isLast || end === 0) ? all.length : end;
    this.#pieces = cut < all.length ? [all.subarray(cut)] : [];
    this.#bytes = all.length - cut;
    this.#hasLine = false;
    this.#goOn();
    if (cut === 0 && isLast && this.#failure !== undefined) throw this.#failure.cause;
    return { bytes: all.subarray(0, cut), isLast: isLast && this.#failure === undefined };
  }

  get #isOver(): boolean {
    return this.#isAtEnd || this.#signal.aborted;
  }

  async #read(source: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const piece of source) {
        if (this.#signal.aborted) break;
        this.#pieces.push(piece);
        this.#bytes += piece.length;
        this.#hasLine ||= piece.includes(LINE_FEED) || this.#bytes >= FULL_BYTES;
        this.#wake();
        while (this.#bytes >= FULL_BYTES && !this.#signal.aborted)
          await new Promise<void>((resolve) => (this.#goOn = resolve));
      }
    } catch (cause) {
      this.#failure = { cause };
    }
    this.#isAtEnd = true;
    this.#wake();
  }

  /** Settles when the condition holds, the source is over, or time is up. */
  async #until(holds: () => boolean, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    for (;;) {
      const left = deadline - performance.now();
      if (holds() || this.#isOver || left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
