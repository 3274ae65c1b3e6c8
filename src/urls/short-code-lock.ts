import { turns } from '../lib/event-loop.ts';

/** A look at the clock takes about as long as a code. */
const CODES_A_LOOK = 256;

/**
 * Keeps removals of clicks and the clicks that come in apart: a removal waits for the inserts under way, later ones
 * wait for the removal. Otherwise a click could outlive its URL and come back when the code is registered anew.
 */
export class CodeGate {
  readonly #entered = new Map<string, number>();
  readonly #closed = new Map<string, Promise<void>>();
  #shut: Promise<void> | undefined;
  #left: (() => void)[] = [];

  /**
   * Runs `work` while none of `codes` is being deleted, and the gate is not shut.
   * @param codes can be gone through more than once
   */
  async within<T>(codes: Iterable<string>, work: () => Promise<T>): Promise<T> {
    await this.#enter(codes);
    try {
      return await work();
    } finally {
      await this.#leave(codes);
    }
  }

  /** Enters by all codes or by none: two that each held what the other one waits for would wait for ever. */
  async #enter(codes: Iterable<string>): Promise<void> {
    for (;;) {
      const turnOver = turns(CODES_A_LOOK);
      let count = 0;
      let closed = this.#shut;
      for (const code of codes) {
        closed = this.#shut ?? this.#closed.get(code);
        if (closed !== undefined) break;
        this.#entered.set(code, (this.#entered.get(code) ?? 0) + 1);
        count++;
        const turn = turnOver();
        if (turn !== undefined) await turn;
      }
      if (closed === undefined) return;
      await this.#leave(codes, count);
      await closed;
    }
  }

  /** @param first how many of the codes were entered by */
  async #leave(codes: Iterable<string>, first = Infinity): Promise<void> {
    const turnOver = turns(CODES_A_LOOK);
    let left = 0;
    for (const code of codes) {
      if (left++ >= first) break;
      const count = (this.#entered.get(code) ?? 1) - 1;
      if (count === 0) this.#entered.delete(code);
      else this.#entered.set(code, count);
      const turn = turnOver();
      if (turn !== undefined) await turn;
    }
    const waiting = this.#left;
    this.#left = [];
    for (const wake of waiting) wake();
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
