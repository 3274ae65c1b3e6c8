const OUTSIDE_ASCII = /[^\0-\x7F]/;

/**
 * Parses a URL; undefined if it is invalid. `URL.canParse` must not be used for text outside ASCII: in Node 20, after some
 * thousand calls, it reads Latin-1 as UTF-8 and rejects what `new URL` accepts.
 */
export function parseUrl(text: string): URL | undefined {
  // A failing `new URL` creates an error with a stack, which is expensive if many texts are not URLs.
  if (!OUTSIDE_ASCII.test(text) && !URL.canParse(text)) return undefined;
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
