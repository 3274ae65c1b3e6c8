/** A language as people and programs write it: `de`, `pt-BR`, `zh_Hant`; two or three letters come first. */
const TAG = /^([a-z]{2,3})(?:[-_][a-z\d_-]*)?$/i;

/** The primary subtag of a language tag in lower case, `pt` of `pt-BR`; undefined where the text is none. */
export function primaryLanguage(tag: string): string | undefined {
  return TAG.exec(tag.trim())?.[1]?.toLowerCase();
}

/** One entry of the header: the tag, and its weight where it has one. */
const ENTRY = /^([^;]*)(?:;\s*q\s*=\s*([01](?:\.\d*)?))?\s*$/i;

/**
 * The primary subtag of the language that an `Accept-Language` header likes best: the one with the highest weight, of
 * several the first. Entries that are not understood count for nothing; undefined where none is left.
 */
export function preferredLanguage(header: string): string | undefined {
  let best: string | undefined;
  let bestWeight = 0;
  for (const entry of header.split(',')) {
    const [, tag = '', weight] = ENTRY.exec(entry) ?? [];
    const language = primaryLanguage(tag);
    const given = weight === undefined ? 1 : Number(weight);
    if (language === undefined || given <= bestWeight || given > 1) continue;
    best = language;
    bestWeight = given;
  }
  return best;
}
