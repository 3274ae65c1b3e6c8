const ANDROID = 'android';
const ENGINE = ') applewebkit';
const HARMONY = '; harmonyos';

/**
 * A user agent without the names of Android devices, which may have any words in them: `Winnovo P20`, `Discovery 3`,
 * `BOT TAB`. They follow a semicolon in the parentheses around or behind `Android`.
 * @param text in lower case
 */
export function withoutDevices(text: string): string {
  let kept = '';
  let from = 0;
  for (let at = text.indexOf(ANDROID); at >= 0; at = text.indexOf(ANDROID, from)) {
    const after = at + ANDROID.length;
    const before = text.slice(from, at);
    const isWithin = before.lastIndexOf('(') > before.lastIndexOf(')');
    // Windows Phone says that it is like an Android, too, and after that what it is.
    const hasDevice = isWithin ? !before.includes('windows phone') : text.startsWith(' (', after);
    const begin = hasDevice ? text.indexOf(';', after) : -1;
    const end = begin < 0 ? -1 : endOfComment(text, isWithin ? after : after + 2);
    if (begin < 0 || begin > end) {
      kept += text.slice(from, after);
      from = after;
      continue;
    }
    kept += text.slice(from, begin);
    if (text.slice(begin, end).includes(HARMONY)) kept += HARMONY;
    from = end;
  }
  return kept === '' ? text : kept + text.slice(from);
}

/** Where the parentheses around a place end. An engine after them tells better than their count: names have some, too. */
function endOfComment(text: string, from: number): number {
  const engine = text.indexOf(ENGINE, from);
  if (engine >= 0) return engine;
  let depth = 1;
  for (let place = from; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) return place;
  }
  return text.length;
}

const OPEN = 0x28;
const CLOSE = 0x29;
