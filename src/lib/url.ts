const OUTSIDE_ASCII = /[^\0-\x7F]/;

/**
 * The URL that a text is; undefined when it is none. Of text outside ASCII `URL.canParse` must not be asked: that of Node
 * 20, once it has been called some thousand times, takes Latin-1 for UTF-8 and says no to what `new URL` takes.
 */
export function parseUrl(text: string): URL | undefined {
  // A failing `new URL` makes an error with a stack, which is dear where many texts are no URLs.
  if (!OUTSIDE_ASCII.test(text) && !URL.canParse(text)) return undefined;
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
