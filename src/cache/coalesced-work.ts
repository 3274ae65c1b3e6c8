/** Work under way that several wait for. It is given up when the last of them has left. */
export class SharedWork<Result> {
  readonly #controller = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<Result>) {
    this.#result = Promise.resolve(this.#controller.signal).then(work);
    // Those who wait hear of a failure; when all have left nobody need.
    this.#result.catch(() => {});
  }

  /** True once everybody who waited has left. */
  get isGivenUp(): boolean {
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
