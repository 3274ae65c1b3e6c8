import { timeSlices } from '../lib/event-loop.ts';

/** Codes between two looks at the clock, each of which takes as long as a code. */
const CODES_PER_CHECK = 256;

/**
 * A lock for each short code, shared by inserts of clicks and exclusive to a removal: a removal waits for the inserts under
 * way, and later inserts wait for the removal. Otherwise a click could outlive its URL and reappear when the code is
 * registered anew.
 */
export class ShortCodeLock {
  readonly #entered = new Map<string, number>();
  readonly #closed = new Map<string, Promise<void>>();
  #shut: Promise<void> | undefined;
  #left: (() => void)[] = [];

  /**
   * Runs `work` while it shares the locks of `codes`.
   * @param codes iterated more than once
   */
  async within<T>(codes: Iterable<string>, work: () => Promise<T>): Promise<T> {
    await this.#enter(codes);
    try {
      return await work();
    } finally {
      await this.#leave(codes);
    }
  }

  /** Takes the locks of all codes or of none: two callers that each held what the other waits for would deadlock. */
  async #enter(codes: Iterable<string>): Promise<void> {
    for (;;) {
      const yieldIfDue = timeSlices(CODES_PER_CHECK);
      let count = 0;
      let closed = this.#shut;
      for (const code of codes) {
        closed = this.#shut ?? this.#closed.get(code);
        if (closed !== undefined) break;
        this.#entered.set(code, (this.#entered.get(code) ?? 0) + 1);
        count++;
        const due = yieldIfDue();
        if (due !== undefined) await due;
      }
      if (closed === undefined) return;
      await this.#leave(codes, count);
      await closed;
    }
  }

  /** @param first how many of the codes were locked */
  async #leave(codes: Iterable<string>, first = Infinity): Promise<void> {
    const yieldIfDue = timeSlices(CODES_PER_CHECK);
    let left = 0;
    for (const code of codes) {
      if (left++ >= first) break;
      const count = (this.#entered.get(code) ?? 1) - 1;
      if (count === 0) this.#entered.delete(code);
      else this.#entered.set(code, count);
      const due = yieldIfDue();
      if (due !== undefined) await due;
    }
    const waiting = this.#left;
    this.#left = [];
    for (const wake of waiting) wake();
  }

  /** Runs `work` while it alone has the lock of `code`. */
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

  /** Runs `work` while it alone has the locks of all codes. It must be short: no click is inserted meanwhile. */
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
