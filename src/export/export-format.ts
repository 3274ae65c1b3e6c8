import type { Column, Escape, RowTemplate } from '../lib/row-template.ts';
import type { ExportContent, ExportList } from './content.ts';

interface FileKind {
  /** Of the file's name, without the dot. */
  readonly extension: string;
  readonly contentType: string;
  /** What the file is, for the API document. */
  readonly description: string;
  /**
   * What can be done with its bytes. `streamable`: each line is read by itself. `document`: text that is read as a whole.
   * `raw`: no text.
   */
  readonly capability: 'streamable' | 'document' | 'raw';
  /** Whether spreadsheets open it, so that no text may be a formula; in a native format, lists and maps are text as well. */
  readonly isForSpreadsheets: boolean;
}

/** What counts the rows of a file. */
export interface RowCounter {
  /** The same bytes, as they pass. */
  readonly of: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  /** Once all bytes have passed; undefined where they do not tell. */
  readonly count: number | undefined;
}

/** A format whose rows follow a template, which ClickHouse fills in; the format writes what is around the rows. */
export interface TemplateFormat extends FileKind {
  readonly kind: 'template';
  readonly row: (columns: readonly Column[]) => RowTemplate;
  /** The bytes of the file, made as they are asked for. */
  readonly write: (content: ExportContent) => AsyncIterable<Buffer | string>;
}

/** ClickHouse's names of formats that hold one table, in a file that is whole by itself. */
export type ClickHouseFormat =
  'Arrow' | 'ArrowStream' | 'CSVWithNames' | 'JSONEachRow' | 'ORC' | 'Parquet' | 'TabSeparatedWithNames';

/** How instants stand in a table: as timestamps of UTC, or as text with the offset of the time zone asked for. */
export type InstantForm = 'timestamp' | 'text';

interface NativeFile extends FileKind {
  readonly kind: 'native';
  readonly clickHouseFormat: ClickHouseFormat;
  /** ClickHouse's settings of it. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly instants: InstantForm;
  /** Begins to count the rows of a file; undefined where its bytes do not tell. */
  readonly rowCounter: (() => RowCounter) | undefined;
}

/** A format that ClickHouse writes itself: one table, of statistics a row for each group of each list. */
export interface NativeFormat extends NativeFile {
  readonly isForSpreadsheets: false;
}

/** One of clicks alone: texts of statistics, ClickHouse writes as they are. */
export interface NativeSheetFormat extends NativeFile {
  readonly isForSpreadsheets: true;
}

/** A format of one table whose rows follow a template. */
export type TableFormat = FileKind & {
  readonly kind: 'template';
  readonly row: (columns: readonly Column[]) => RowTemplate;
  readonly writeTable: (table: ExportList) => AsyncIterable<Buffer | string>;
} & (
    | { readonly isForSpreadsheets: false }
    /** How its texts are escaped where those that a spreadsheet might run are left alone. */
    | { readonly isForSpreadsheets: true; readonly exactEscape: Escape }
  );

/** A file format of clicks, which are one table. */
export type ClickFormat = TableFormat | NativeFormat | NativeSheetFormat;

/** A file format of statistics. */
export type ExportFormat = TemplateFormat | NativeFormat;
