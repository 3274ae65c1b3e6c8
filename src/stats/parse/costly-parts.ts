/** A quoted text, an escape, a class, a repetition by count, or any other character. */
const TOKEN =
  /\\Q[^]*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\[^]|\[\^?\]?(?:\\[^]|\[:[a-z^]*:\]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[^]/gu;

const OF_UNICODE = /^(?:\[[^]*)?\\[pP]/;

/**
 * How many parts a regular expression has that cost RE2 more than their length: classes of Unicode, such as `\p{L}`, and the
 * copies that counts make of its parts, such as `{3}` or `{1,20}`; one inside another multiplies. RE2 takes the pattern without them at
 * once, but may have to follow each copy for each character of a text, and makes hundreds of ranges of a class.
 */
export function costlyPartsIn(pattern: string): number {
  const groups = [{ size: 0, last: 0 }];
  let plain = 0;
  for (const [token, least, most] of pattern.matchAll(TOKEN)) {
    const group = groups.at(-1) ?? { size: 0, last: 0 };
    if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? 0), 1);
      group.size += group.last * (times - 1);
      group.last *= times;
    } else if (token === '(') groups.push({ size: 0, last: 0 });
    else if (token === ')' && groups.length > 1) {
      groups.pop();
      const outer = groups.at(-1);
      if (outer !== undefined) Object.assign(outer, { size: outer.size + group.size, last: group.size });
    } else {
      if (!OF_UNICODE.test(token)) plain++;
      group.size++;
      group.last = 1;
    }
  }
  return groups.reduce((sum, { size }) => sum + size, 0) - plain;
}
