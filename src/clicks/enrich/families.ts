import { UNKNOWN } from '../../lib/unknown.ts';
import { BROWSERS } from './browsers.ts';
import { SYSTEMS } from './systems.ts';

/** What stands for a family, in lower case and besides its own name. */
export interface FamilyEntry {
  /** Words of user agents; of two words, the first may be one of another family: `windows phone`. */
  readonly words: readonly string[];
  /** Names by other parsers and services, which clicks may come with. */
  readonly names?: readonly string[];
  /** What stands in front of the version, in the order it is looked for; `words` unless given. */
  readonly versionWords?: readonly string[];
}

/** Families by name; an agent is of the first of them that it has a word of. */
export type Families = Readonly<Record<string, FamilyEntry>>;

const browserByName = familyByName(BROWSERS);
const systemByName = familyByName(SYSTEMS);

/** The family of a browser's name that a click came with; a name that stands for none is kept. */
export function foldBrowser(name: string): string {
  return fold(name, browserByName);
}

/** The family of an operating system's name that a click came with; a name that stands for none is kept. */
export function foldOs(name: string): string {
  return fold(name, systemByName);
}

/** ` 17.2.1`, also ` XP`. */
const VERSION = / (?:\d[\d._]*|xp|vista)$/;

function fold(name: string, families: ReadonlyMap<string, string>): string {
  // Most are spelt as here, and need no lower case.
  const known = families.get(name);
  if (known !== undefined) return known;
  const lower = name.trim().toLowerCase();
  return families.get(lower) ?? families.get(lower.replace(VERSION, '')) ?? name;
}

function familyByName(families: Families): ReadonlyMap<string, string> {
  const entries = Object.entries({ ...families, [UNKNOWN]: { words: [] } } satisfies Families);
  return new Map(
    entries.flatMap(([family, { words, names = [] }]: readonly [string, FamilyEntry]) =>
      [family, family.toLowerCase(), ...words, ...names].map((name) => [name, family] as const),
    ),
  );
}
