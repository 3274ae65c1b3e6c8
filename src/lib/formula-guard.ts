/** Characters that start a formula in spreadsheets, their full-width forms, and those that end a cell when text is split. */
const FORMULA_SIGNS = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'].map(
  (sign) => sign.codePointAt(0) ?? 0,
);

/**
 * Blanks and invisible characters, as first and last code points: Unicode's White_Space, Default_Ignorable_Code_Point
 * and control characters, the braille blank and the interlinear annotation marks. ClickHouse's regular expressions know
 * none of these properties, so they are listed.
 */
const INVISIBLE_SIGNS: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x20],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

/**
 * A regular expression for the start of a text that a spreadsheet might treat as a formula: any number of blanks and
 * invisible characters, then a formula character. It is not anchored.
 * @param code how the dialect writes a code point, given in hexadecimal digits
 */
function formulaBeginning(code: (digits: string) => string): string {
  const one = (point: number): string => code(point.toString(16));
  const invisible = INVISIBLE_SIGNS.map(([first, last]) => `${one(first)}-${one(last)}`);
  return `[${invisible.join('')}]*[${FORMULA_SIGNS.map(one).join('')}]`;
}

/** `formulaBeginning` for ClickHouse's `match`. */
export const FORMULA_IN_CLICKHOUSE = formulaBeginning((digits) => `\\x{${digits}}`);

const FORMULA = new RegExp(`^${formulaBeginning((digits) => `\\u{${digits}}`)}`, 'u');

/** Prefixes text that a spreadsheet might treat as a formula with one `'`. */
export function neutralise(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
