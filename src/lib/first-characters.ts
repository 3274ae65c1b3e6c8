/** The first so many code points of the text; the same string if it has no more. */
export function firstCharacters(text: string, count: number): string {
  // A text has at most as many code points as code units.
  if (text.length <= count) return text;
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left--) end += codeUnitsAt(text, end);
  return text.slice(0, end);
}

function codeUnitsAt(text: string, place: number): number {
  return (text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1;
}
