import { neutralise } from './formula-guard.ts';
import { wellFormed } from './text.ts';

/**
 * How a text is written inside a row: what the format needs escaped, and whether a spreadsheet might run it. (In a
 * workbook `_x003D_` stands for `=`, so an underscore before an x is written as its own code.) `xlsx-exact` leaves alone what a
 * spreadsheet might run.
 */
export type Escape = 'json' | 'xml' | 'csv' | 'xlsx' | 'xlsx-exact';

/** A column of a list: its name and the kind of its values. */
export interface Column {
  readonly name: string;
  /**
   * `plain` is text made of characters that mean nothing to any format: digits, letters, `-`, `:`, `+` inside. A `flag` is
   * `true` or nothing. `json` is text that is a value of JSON: there it stands as it is, elsewhere as a text.
   */
  readonly kind: 'text' | 'plain' | 'number' | 'flag' | 'json';
  /** Whether rows may lack the value. */
  readonly isNullable?: boolean;
  /** What a flag that is set is written as, where it is not `true`. */
  readonly whenSet?: string;
}

/**
 * How a format writes one row: literal text with the columns' values in between. Two functions give the same result:
 * `writeRow` here, and the SQL with which ClickHouse writes rows by the million.
 */
export interface RowTemplate {
  /** How texts are escaped. */
  readonly escape: Escape;
  readonly pieces: readonly (string | Column)[];
}

/**
 * A row in two: what is written up to a column, and from it on with the literal text directly before it, so that rows which
 * have the latter in common can share it.
 */
export function splitBefore(
  { escape, pieces }: RowTemplate,
  name: string,
): readonly [before: RowTemplate, from: RowTemplate] {
  const column = pieces.findIndex((piece) => typeof piece !== 'string' && piece.name === name);
  const at = typeof pieces[column - 1] === 'string' ? column - 1 : column;
  return [
    { escape, pieces: pieces.slice(0, at) },
    { escape, pieces: pieces.slice(at) },
  ];
}

/** The text of a row. */
export function writeRow(
  template: RowTemplate,
  values: Readonly<Record<string, string | number | true | null>>,
): string {
  return template.pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const { [piece.name]: value = '' } = values;
      if (piece.kind === 'flag') return value === true ? flagText(piece) : '';
      if (value === null) return nullText(template.escape);
      if (piece.kind === 'json' && template.escape === 'json') return String(value);
      return typeof value === 'string' ? escapeText(value, template.escape) : String(value);
    })
    .join('');
}

/** A flag that is set. */
export function flagText({ whenSet = 'true' }: Column): string {
  return whenSet;
}

/** What stands in place of a value that is missing: in JSON it has a name. */
export function nullText(escape: Escape): string {
  return escape === 'json' ? 'null' : '';
}

/** A text as a format writes it. */
export function escapeText(text: string, escape: Escape): string {
  switch (escape) {
    case 'json':
      return JSON.stringify(text);
    case 'xml':
      return escapeXml(text);
    case 'csv':
      return quoteCsv(neutralise(text));
    case 'xlsx':
      return escapeXml(neutralise(text).replaceAll('_x', '_x005F_x'));
    case 'xlsx-exact':
      return escapeXml(text.replaceAll('_x', '_x005F_x'));
  }
}

/** Text inside an XML 1.0 element; what XML forbids becomes U+FFFD, and line breaks survive a parser. */
function escapeXml(text: string): string {
  return wellFormed(text)
    .replace(/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;');
}

/** RFC 4180: a cell with a comma, a quote or a line break stands in quotes. */
function quoteCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
