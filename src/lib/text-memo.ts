import { ownCopy } from './own-copy.ts';

/** What is kept at most: a few megabytes. */
const MAX_TEXTS = 8_192;
const MAX_CHARACTERS = 1_048_576;
/** Of longer texts, few come twice. */
const LONGEST_TEXT = 512;

/**
 * A pure function of texts of which many come again and again, with its results for the latest of them kept. The same text
 * then has the very same result, which further maps find sooner.
 * @param areOwn texts are no pieces of longer ones, such as those that another such function gives
 */
export function memoised<Result extends object | string | number>(
  work: (text: string) => Result,
  { areOwn = false }: { readonly areOwn?: boolean } = {},
): (text: string) => Result {
  const results = new Map<string, Result>();
  let characters = 0;
  return (text) => {
    if (text.length > LONGEST_TEXT) return work(text);
    const known = results.get(text);
    if (known !== undefined) return known;
    // A result may be a piece of the text, and the text one of a whole file's.
    const own = areOwn ? text : ownCopy(text);
    const result = work(own);
    characters += own.length;
    // Beginning anew costs less than noting for each text when it came last.
    if (results.size === MAX_TEXTS || characters > MAX_CHARACTERS) {
      results.clear();
      characters = own.length;
    }
    results.set(own, result);
    return result;
  };
}
