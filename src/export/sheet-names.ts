/** The longest name a sheet can have. */
const MAX_LENGTH = 31;

/** Gives sheets names that a workbook takes: at most 31 characters, unique whatever the case, by `~2`, `~3` … */
export class SheetNames {
  readonly #taken: Set<string>;

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken.map((name) => name.toLowerCase()));
  }

  next(wanted: string): string {
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? '' : `~${number}`;
      const name = wanted.slice(0, MAX_LENGTH - suffix.length) + suffix;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}
