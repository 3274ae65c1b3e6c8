/**
 * Keeps removals of clicks and the clicks that come in apart: a removal waits for the inserts under way, later ones
 * wait for the removal. Otherwise a click could outlive its URL and come back when the code is registered anew.
 */
export class CodeGate {
  readonly #entered = new Map<string, number>();
  readonly #closed = new Map<string, Promise<void>>();
  #shut: Promise<void> | undefined;
  #left: (() => void)[] = [];

  /** Runs `work` while none of `codes` is being deleted, and the gate is not shut. */
  async within<T>(codes: readonly string[], work: () => Promise<T>): Promise<T> {
    for (;;) {
      const closed =
        this.#shut ?? codes.map((code) => this.#closed.get(code)).find((promise) => promise !== undefined);
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
    const { promise, settle } = pending();
    this.#closed.set(code, promise);
    try {
      while (this.#entered.has(code)) await this.#someoneLeft();
      return await work();
    } finally {
      this.#closed.delete(code);
      settle();
    }
  }

  /** Runs `work` while nobody is within, whatever the code. It must be short: no click comes in meanwhile. */
  async shut<T>(work: () => Promise<T>): Promise<T> {
    while (this.#shut !== undefined) await this.#shut;
    const { promise, settle } = pending();
    this.#shut = promise;
    try {
      while (this.#entered.size > 0) await this.#someoneLeft();
      return await work();
    } finally {
      this.#shut = undefined;
      settle();
    }
  }

  #someoneLeft(): Promise<void> {
    return new Promise((resolve) => this.#left.push(resolve));
  }
}

function pending(): { readonly promise: Promise<void>; readonly settle: () => void } {
  let settle = (): void => {};
  const promise = new Promise<void>((resolve) => (settle = resolve));
  return { promise, settle };
}
