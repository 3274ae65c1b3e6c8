import { BROWSERS } from './browsers.ts';
import { UNKNOWN } from '../../lib/unknown.ts';
import type { Families } from './families.ts';
import { SYSTEMS } from './systems.ts';

/** Families of browser and operating system, `Unknown` where an agent has no word of any. */
export interface AgentFamilies {
  readonly browser: string;
  readonly os: string;
}

/** What a word says: the ranks of its families, which are their places in the tables. */
interface Meaning {
  browser: number;
  os: number;
}

interface WordMeaning extends Meaning {
  /** What more it says before certain words: `windows phone`. */
  readonly pairs: Map<string, Meaning>;
}

const NONE = Number.MAX_SAFE_INTEGER;
const browserNames: readonly string[] = Object.keys(BROWSERS);
const osNames: readonly string[] = Object.keys(SYSTEMS);
const meanings = meaningsOfWords();

/**
 * Reads an agent in one pass, word by word. A browser is named as a product (`Chrome/120`), or at the beginning of a part
 * of what is in parentheses (`MSIE 10.0`); an operating system anywhere.
 * @param text in lower case, without names of devices
 */
export function agentFamilies(text: string): AgentFamilies {
  const found: Meaning = { browser: NONE, os: NONE };
  let depth = 0;
  let isFirst = true;
  let start = 0;
  for (let place = 0; place <= text.length; place++) {
    const code = place < text.length ? text.charCodeAt(place) : SPACE;
    if (!SEPARATORS.has(code)) continue;
    if (place > start) {
      const meaning = meaningOf(text.slice(start, place));
      if (meaning !== undefined) {
        const isName = depth === 0 || isFirst || code === SLASH;
        take(meaning, found, isName);
        for (const [next, pair] of meaning.pairs)
          if (text.startsWith(next, place + 1)) take(pair, found, isName);
      }
      isFirst = false;
    }
    if (code === OPEN) depth++;
    else if (code === CLOSE && depth > 0) depth--;
    if (code !== SPACE && code !== SLASH) isFirst = true;
    start = place + 1;
  }
  const os = osNames[found.os] ?? unnamedSystem(text);
  return { browser: browserOn(os, browserNames[found.browser], text), os };
}

function take(meaning: Meaning, found: Meaning, isBrowserName: boolean): void {
  if (isBrowserName && meaning.browser < found.browser) found.browser = meaning.browser;
  if (meaning.os < found.os) found.os = meaning.os;
}

/** Of a word, or of the letters before its version: `Android10`, `iPhone15,2`, `trill_300`. */
function meaningOf(word: string): WordMeaning | undefined {
  const meaning = meanings.get(word);
  if (meaning !== undefined) return meaning;
  let letters = 0;
  while (isLetter(word.charCodeAt(letters))) letters++;
  return letters > 2 && isVersion(word.charCodeAt(letters))
    ? meanings.get(word.slice(0, letters))
    : undefined;
}

/** The system of agents that do not name it. */
function unnamedSystem(text: string): string {
  if (/^mozilla\/5\.0 \((?:mobile|tablet|tv);.*gecko\//.test(text)) return 'Firefox OS';
  // Apple's library for requests names only the kernel, and on Macs the processor.
  if (!text.includes('darwin/')) return UNKNOWN;
  return text.includes('x86_64') || text.includes('i386') || text.startsWith('safari/') ? 'macOS' : 'iOS';
}

/** What an engine's browser is on a system, where an agent does not name it. */
function browserOn(os: string, name: string | undefined, text: string): string {
  if (name === 'Safari' && os === 'Android') return 'Android Browser';
  if (name !== undefined) return name;
  if (text.includes('applewebkit/')) {
    // Apps on Apple's devices show pages in Safari's engine.
    return os === 'iOS' || os === 'macOS' ? 'Safari' : os === 'Android' ? 'Android Browser' : 'WebKit';
  }
  return text.startsWith('mozilla/') && text.includes(' gecko/') ? 'Mozilla' : UNKNOWN;
}

function meaningsOfWords(): ReadonlyMap<string, WordMeaning> {
  const byWord = new Map<string, WordMeaning>();
  addWords(byWord, 'browser', BROWSERS);
  addWords(byWord, 'os', SYSTEMS);
  return byWord;
}

function addWords(byWord: Map<string, WordMeaning>, kind: keyof Meaning, families: Families): void {
  for (const [rank, { words }] of Object.values(families).entries()) {
    for (const text of words) {
      const [word = '', next] = text.split(' ');
      const meaning = byWord.get(word) ?? { browser: NONE, os: NONE, pairs: new Map() };
      byWord.set(word, meaning);
      if (next === undefined) meaning[kind] = rank;
      else meaning.pairs.set(next, { browser: NONE, os: NONE, ...meaning.pairs.get(next), [kind]: rank });
    }
  }
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isVersion(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === UNDERSCORE;
}

const SPACE = 0x20;
const SLASH = 0x2f;
const OPEN = 0x28;
const CLOSE = 0x29;
const UNDERSCORE = 0x5f;
const SEPARATORS: ReadonlySet<number> = new Set(Buffer.from(' /()[];,"\'<>=|:+\\\t'));
