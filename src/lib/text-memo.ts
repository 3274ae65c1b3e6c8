import { ownCopy } from './own-copy.ts';

/** How many results are kept: a few megabytes of short texts. */
const MAX_TEXTS = 8_192;
/** Of longer texts, few come twice. */
const LONGEST_TEXT = 256;

/**
 * A pure function of texts of which many come again and again, with its results for the latest of them kept.
 * @param work is given a text that is no piece of a longer one, so its result may hold pieces of it
 */
export function memoised<Result extends object | string | number>(
  work: (text: string) => Result,
): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const own = ownCopy(text);
    const result = work(own);
    if (text.length <= LONGEST_TEXT) {
      // Beginning anew costs less than noting for each text when it came last.
      if (results.size === MAX_TEXTS) results.clear();
      results.set(own, result);
    }
    return result;
  };
}
