/**
 * Keeps a short code's deletion and the clicks for it apart: a deletion waits for the inserts under way, later ones
 * wait for the deletion. Otherwise a click could outlive its URL and come back when the code is registered anew.
 */
export class CodeGate {
  readonly #entered = new Map<string, number>();
  readonly #closed = new Map<string, Promise<void>>();
  #left: (() => void)[] = [];

  /** Runs `work` while none of `codes` is being deleted. */
  async within<T>(codes: readonly string[], work: () => Promise<T>): Promise<T> {
    for (;;) {
      const closed = codes.map((code) => this.#closed.get(code)).find((promise) => promise !== undefined);
      if (closed === undefined) break;
      await closed;
    }
    for (const code of codes) this.#entered.set(code, (this.#entered.get(code) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const code of codes) {
        const count = (this.#entered.get(code) ?? 1) - 1;
        if (count === 0) this.#entered.delete(code);
        else this.#entered.set(code, count);
      }
      const waiting = this.#left;
      this.#left = [];
      for (const wake of waiting) wake();
    }
  }

  /** Runs `work` while nothing else happens to `code`. */
  async alone<T>(code: string, work: () => Promise<T>): Promise<T> {
    while (this.#closed.has(code)) await this.#closed.get(code);
    let open = (): void => {};
    this.#closed.set(code, new Promise((resolve) => (open = resolve)));
    try {
      while (this.#entered.has(code)) await new Promise<void>((resolve) => this.#left.push(resolve));
      return await work();
    } finally {
      this.#closed.delete(code);
      open();
    }
  }
}
