/** Characters of a result: some ten thousand tokens. */
export const MAX_CHARACTERS = 40_000;

/**
 * A result as JSON that a model can read: where it is longer than `most` characters, each list keeps as many of its first
 * rows as fit, and `cut` says so.
 */
export function fittingText(result: Readonly<Record<string, unknown>>, most = MAX_CHARACTERS): string {
  let text = JSON.stringify(result);
  for (let rows = longestList(result); text.length > most && rows > 0;) {
    rows = Math.floor(rows * Math.min(0.5, most / text.length));
    const cut = `Lists are cut to their first ${rows} rows. Ask for less: fewer dimensions or metrics, a smaller limit, a longer interval.`;
    text = JSON.stringify({ cut, ...Object(firstRows(result, rows)) });
  }
  return text;
}

function longestList(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = isList(value) ? value.length : 0;
  return Object.values(value).reduce((longest: number, part) => Math.max(longest, longestList(part)), own);
}

function firstRows(value: unknown, rows: number): unknown {
  if (isList(value)) return value.slice(0, rows);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, firstRows(part, rows)]));
}

/** A list of rows; what else is an array was sent with the question. */
function isList(value: unknown): value is readonly object[] {
  return Array.isArray(value) && typeof value[0] === 'object';
}
