import { UNKNOWN } from '../../lib/unknown.ts';
import { BROWSERS } from './browsers.ts';
import { SYSTEMS } from './systems.ts';

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

const browserByName = familyByName(BROWSERS);
const systemByName = familyByName(SYSTEMS);

/** The family for the name of a browser that a click sent; an unknown name is kept. */
export function foldBrowser(name: string): string {
  return fold(name, browserByName);
}

/** The family for the name of an operating system that a click sent; an unknown name is kept. */
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
