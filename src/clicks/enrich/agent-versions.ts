import { BROWSERS } from './browsers.ts';
import { UNKNOWN } from '../../lib/unknown.ts';
import type { Families } from './families.ts';
import { SYSTEMS } from './systems.ts';

/** More digits are the number of a build, or a date. */
const MAX_DIGITS = 5;

/** What Windows is called by what its agents say of it. Windows 11 says that it is 10. */
const WINDOWS_NAMES: readonly (readonly [said: string, version: string])[] = [
  ['windows nt 6.4', '10'],
  ['windows nt 6.3', '8'],
  ['windows nt 6.2', '8'],
  ['windows nt 6.1', '7'],
  ['windows nt 6.0', 'Vista'],
  ['windows nt 5.2', 'XP'],
  ['windows nt 5.1', 'XP'],
  ['windows nt 5.0', '2000'],
  ['windows xp', 'XP'],
  ['win 9x 4.90', 'ME'],
  ['windows me', 'ME'],
  ['windows ce', 'CE'],
];

/**
 * The major version of an agent's browser; `Unknown` where it does not say one.
 * @param agent in lower case
 */
export function browserVersion(family: string, agent: string): string {
  return versionIn(agent, wordsOf(BROWSERS, family));
}

/** The major version of an agent's operating system; `Unknown` where it does not say one. */
export function osVersion(family: string, agent: string): string {
  if (family === 'Windows') {
    const known = WINDOWS_NAMES.find(([said]) => agent.includes(said));
    if (known !== undefined) return known[1];
  }
  return versionIn(agent, wordsOf(SYSTEMS, family));
}

function wordsOf(families: Families, family: string): readonly string[] {
  const entry = families[family];
  return entry?.versionWords ?? entry?.words ?? [];
}

/** The number after the first of the words that has one: `chrome/131.0`, `cpu os 17_2`, `linkedinapp]/9`, `bb10`. */
function versionIn(text: string, words: readonly string[]): string {
  for (const word of words) {
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
      if (at > 0 && isNamePart(text.charCodeAt(at - 1))) continue;
      const number = numberAt(text, at + word.length);
      if (number !== undefined) return number;
    }
  }
  return UNKNOWN;
}

function numberAt(text: string, behind: number): string | undefined {
  let start = behind;
  if (text.charCodeAt(start) === CLOSE_BRACKET) start++;
  if (SEPARATORS.has(text.charCodeAt(start))) start++;
  if (text.charCodeAt(start) === LOWER_V) start++;
  let end = start;
  while (isDigit(text.charCodeAt(end)) && end - start <= MAX_DIGITS) end++;
  return end > start && end - start <= MAX_DIGITS ? text.slice(start, end) : undefined;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNamePart(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x7a);
}

const CLOSE_BRACKET = 0x5d;
const LOWER_V = 0x76;
const SEPARATORS: ReadonlySet<number> = new Set(Buffer.from(' /:_-='));
