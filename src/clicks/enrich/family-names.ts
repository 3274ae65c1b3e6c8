import { UNKNOWN } from '../../lib/unknown.ts';
import { BROWSERS } from './browsers.ts';
import type { Families, FamilyEntry } from './families.ts';
import { SYSTEMS } from './systems.ts';

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
