/** Other names of a family, in lower case. */
export interface FamilyEntry {
  /** Words of user agents; of two words, the first may be one of another family: `windows phone`. */
  readonly words: readonly string[];
  /** Names by other parsers and services, which clicks may come with. */
  readonly names?: readonly string[];
  /** The words before the version, in the order in which they are looked for; `words` unless given. */
  readonly versionWords?: readonly string[];
}

/** Families by name; an agent is of the first of them that it has a word of. */
export type Families = Readonly<Record<string, FamilyEntry>>;
