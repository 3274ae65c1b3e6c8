/** Work of one name is done one after the other. */
export class SerialWork {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @returns what `work` does, once all earlier work of this name has settled */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const settled = Promise.allSettled([result]);
    this.#last.set(name, settled);
    try {
      return await result;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}
