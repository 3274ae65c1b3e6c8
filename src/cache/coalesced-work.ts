/** Work under way that several callers wait for. It is aborted when the last of them has left. */
export class CoalescedWork<Result> {
  readonly #controller = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<Result>) {
    this.#result = Promise.resolve(this.#controller.signal).then(work);
    // A failure reaches those who wait; without any it needs no handler.
    this.#result.catch(() => {});
  }

  /** True once everybody who waited has left. */
  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Waits for the result, as long as the signal does not abort. @throws what the work throws; the signal's reason */
  async wait(signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    this.#waiting++;
    let leave = (): void => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => {
        if (--this.#waiting === 0) this.#controller.abort();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([this.#result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}
