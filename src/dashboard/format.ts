const NUMBER = new Intl.NumberFormat('en-US');
const DECIMAL = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const ONE_DECIMAL = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
const LANGUAGES = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' });

/** A whole number in full digits, grouped: 1,234,567. */
export function wholeNumber(value: number): string {
  return NUMBER.format(value);
}

/** How many there are of something: `1 click`, `2,000 clicks`. @param many unless it is the word with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${wholeNumber(count)} ${count === 1 ? one : many}`;
}

/** At most two decimals. */
export function decimalNumber(value: number): string {
  return DECIMAL.format(value);
}

/** A number for an axis: 1.2M. */
export function shortNumber(value: number): string {
  return COMPACT.format(value);
}

/** A percentage: `4.5%`, and `<0.1%` for small ones above 0. */
export function percent(value: number): string {
  return value > 0 && value < 0.1 ? '<0.1%' : `${ONE_DECIMAL.format(value)}%`;
}

/** A country's English name; `Unknown` for XX. */
export function countryName(code: string): string {
  if (code === 'XX') return 'Unknown';
  try {
    return REGIONS.of(code) ?? code;
  } catch {
    return code;
  }
}

/** A language's English name; texts that are no code as they are. */
export function languageName(code: string): string {
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

let codesWithNames: readonly string[] | undefined;

/** The languages that have an English name, by every code of two or three letters. */
export function languageCodes(): readonly string[] {
  codesWithNames ??= everyCode().filter((code) => languageName(code) !== code);
  return codesWithNames;
}

function everyCode(): readonly string[] {
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  return [...pairs, ...pairs.flatMap((pair) => letters.map((third) => pair + third))];
}

/** An hour of the day, 0 to 23, as clocks show it. */
export function hourName(hour: string): string {
  return `${hour.padStart(2, '0')}:00`;
}

/** A day of the week: 1 is Monday. */
export function weekdayName(day: string): string {
  // The 1st of January 2024 was a Monday.
  return /^[1-7]$/.test(day) ? WEEKDAY.format(Date.UTC(2024, 0, Number(day))) : day;
}

/** A number compared with that of another period. */
export interface Change {
  /** `+12.3%`; `new` if the other number was 0. */
  readonly text: string;
  /** The same in words. */
  readonly words: string;
  readonly direction: 'up' | 'down' | 'same';
}

export function changeOf(value: number, before: number, write = wholeNumber): Change {
  const was = `${write(before)} in the period compared with`;
  const direction = value > before ? 'up' : 'down';
  if (value !== before && before === 0) return { text: 'new', words: `up from ${was}`, direction };
  const share = value === before ? 0 : Math.abs((value - before) / before) * 100;
  const written = `${ONE_DECIMAL.format(share)}%`;
  if (written === '0.0%') {
    return {
      text: '±0.0%',
      words: `${share === 0 ? 'unchanged' : 'almost unchanged'}: ${was}`,
      direction: 'same',
    };
  }
  return {
    text: `${direction === 'up' ? '+' : '\u2212'}${written}`,
    words: `${direction} ${written} from ${was}`,
    direction,
  };
}

/** A percentage compared with that of another period, in percentage points. */
export function changeOfShare(value: number, before: number): Change {
  const was = `${percent(before)} in the period compared with`;
  const points = ONE_DECIMAL.format(Math.abs(value - before));
  if (points === '0.0') return { text: '±0.0 pt', words: `unchanged: ${was}`, direction: 'same' };
  const direction = value > before ? 'up' : 'down';
  return {
    text: `${direction === 'up' ? '+' : '\u2212'}${points} pt`,
    words: `${direction} ${points} percentage points from ${was}`,
    direction,
  };
}

/** A size in bytes: `1.2 MB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${ONE_DECIMAL.format(bytes / 1000 ** power)} ${units[power]}`;
}

/** A registry name as words: `short_code` becomes `Short code`. */
export function nameInWords(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
