import { toUSVString } from 'node:util';
import { firstCharacters } from './first-characters.ts';

const SURROGATE_PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;
const CONTROL_CHARACTER = /\p{Cc}/u;
const MAX_QUOTED_CHARACTERS = 64;

/**
 * Replaces what UTF-8 or ClickHouse's clients cannot represent (lone surrogates, U+0000) by U+FFFD. Returns the same string
 * if there is nothing to replace.
 */
export function wellFormed(text: string): string {
  const withoutLoneSurrogates = toUSVString(text);
  return withoutLoneSurrogates.includes('\0')
    ? withoutLoneSurrogates.replaceAll('\0', '\uFFFD')
    : withoutLoneSurrogates;
}

/** The number of Unicode code points; a lone surrogate counts as one. */
export function characters(text: string): number {
  return text.length - (text.match(SURROGATE_PAIR)?.length ?? 0);
}

/** Whether the text is empty or white space alone. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  const isVisibleAscii = first > 0x20 && first < 0x7f;
  return !isVisibleAscii && text.trim() === '';
}

/** Whether the text contains a control character (C0, DEL or C1: Unicode's category Cc). */
export function hasControlCharacter(text: string): boolean {
  return CONTROL_CHARACTER.test(text);
}

/** A text to be quoted in a message: its first characters, so that a message has a bounded length. */
export function quotable(text: string): string {
  const first = firstCharacters(text, MAX_QUOTED_CHARACTERS);
  return first === text ? text : `${first}…`;
}
