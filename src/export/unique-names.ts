interface NameRules {
  readonly maxLength: number;
  readonly forbidden: RegExp;
}

/** Gives lists names that all differ, whatever the case, by `~2`, `~3` …, and have nothing in them that is forbidden. */
class UniqueNames {
  readonly #rules: NameRules;
  readonly #taken: Set<string>;

  constructor(rules: NameRules, taken: readonly string[]) {
    this.#rules = rules;
    this.#taken = new Set(taken.map((name) => name.toLowerCase()));
  }

  next(wanted: string): string {
    const { maxLength, forbidden } = this.#rules;
    const allowed = wanted.replaceAll(forbidden, '_');
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? '' : `~${number}`;
      // Half of a character that the cut leaves is none.
      const name = allowed.slice(0, maxLength - suffix.length).replace(/[\uD800-\uDBFF]$/, '') + suffix;
      if (this.#taken.has(name.toLowerCase())) continue;
      this.#taken.add(name.toLowerCase());
      return name;
    }
  }
}

/** Names that sheets of a workbook can have. */
export class SheetNames extends UniqueNames {
  constructor(taken: readonly string[]) {
    super({ maxLength: 31, forbidden: /[:\\/?*'[\]]/g }, taken);
  }
}

/** Names that files can have on every system, without their ending. */
export class FileNames extends UniqueNames {
  constructor() {
    super({ maxLength: 200, forbidden: /[:\\/?*"<>|]/g }, []);
  }
}
