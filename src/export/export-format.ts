import type { Column, RowTemplate } from '../lib/row-template.ts';
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

/** A format that ClickHouse writes itself: one table, a row for each group of each list. */
export interface NativeFormat extends FileKind {
  readonly kind: 'native';
  readonly clickHouseFormat: ClickHouseFormat;
  /** ClickHouse's settings of it. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly instants: InstantForm;
  /** Whether spreadsheets open it, so that no text may be a formula, and a map is text. */
  readonly isForSpreadsheets?: true;
}

/** A format of one table whose rows follow a template. */
export interface TableFormat extends FileKind {
  readonly kind: 'template';
  readonly row: (columns: readonly Column[]) => RowTemplate;
  readonly writeTable: (table: ExportList) => AsyncIterable<Buffer | string>;
}

/** A file format of clicks, which are one table. */
export type ClickFormat = TableFormat | NativeFormat;

/** A file format of statistics. */
export type ExportFormat = TemplateFormat | NativeFormat;
