import type { FieldMap } from './field-map.ts';
import type { RecordParser } from './imported-record.ts';
import type { LoggedRequest } from './logged-request.ts';

/** What is common to all file formats that clicks can be imported from. */
interface FormatBase {
  /** What its files are, for the command line's help. */
  readonly description: string;
  /** Endings of file names, lower-case, before `.gz`, for a file whose content does not tell its format. */
  readonly endings: readonly string[];
}

/** What the first record of a file says of the others. */
export interface FileHeader {
  readonly columns: readonly string[];
  /** What separates cells, in a format that leaves the choice. */
  readonly delimiter?: string | undefined;
}

/** A format whose records hold the fields of clicks. */
export interface FieldFormat extends FormatBase {
  readonly kind: 'fields';
  /** What its header, or else each record, has to have. */
  readonly needs: string;
  /**
   * Parses the first record where that names the columns of the others; undefined for a record that does not. Itself undefined
   * for a format without a header.
   * @param delimiter what separates cells, where that is known
   */
  readonly parseHeader: ((record: string, delimiter?: string) => FileHeader | undefined) | undefined;
  /** A line break inside quotes belongs to the record. */
  readonly isQuoted: boolean;
  /** Whether a file that begins with this text is in the format. Undefined where the header or the records tell. */
  readonly recognises?: ((text: string) => boolean) | undefined;
  /** Makes what turns the pieces of a file one by one into lines, each a record. Undefined where its own lines are. */
  readonly toLines?: (() => (piece: Buffer) => Buffer) | undefined;
  /** Each line stands by itself, so that a file can be followed. */
  readonly isOfLines: boolean;
  /**
   * Makes the parser of records that are not blank.
   * @param header without columns for a format that has none
   */
  readonly parser: (header: FileHeader) => RecordParser;
  /** Whether records under this header can tell a short code. */
  readonly tellsCode: (header: FileHeader) => boolean;
  /** A name that clicks are read from and that more than one column has. Itself undefined for a format without a header. */
  readonly repeatedName?: (header: FileHeader) => string | undefined;
  /** Makes the check whether a record has anything of that name, as maps name it. */
  readonly hasName: (name: string, header: FileHeader) => (record: string) => boolean;
  /** The same format with other names for the fields of a click, made from its own map; that is undefined where its names are a click's. */
  readonly mapped: (change: (own: FieldMap | undefined) => FieldMap) => FieldFormat;
}

/** A format whose lines each hold a request that a web server answered. */
export interface LogFormat extends FormatBase {
  readonly kind: 'log';
  /** For a log that names its columns; `parse` is given them. */
  readonly columns?: LoggedColumns;
  /**
   * Parses one line, which is not blank; undefined when it is not wholly in the format.
   * @param columns empty for a log that does not name them
   */
  readonly parse: (line: string, columns: readonly string[]) => LoggedRequest | undefined;
}

/** How a log names its columns. */
interface LoggedColumns {
  /** The columns that the first such line of a text names; undefined if there is none. */
  readonly find: (text: string) => readonly string[] | undefined;
  /** What the lines begin with that name columns. */
  readonly start: string;
  /** What all lines begin with that are not of requests. */
  readonly comment: string;
}

export type ImportFormat = FieldFormat | LogFormat;
