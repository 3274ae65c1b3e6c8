import type { Column, RowTemplate } from '../lib/row-template.ts';
import type { ExportContent } from './content.ts';

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
  'Arrow' | 'CSVWithNames' | 'JSONEachRow' | 'ORC' | 'Parquet' | 'TabSeparatedWithNames';

/** How instants stand in a table: as timestamps of UTC, or as text with the offset of the time zone asked for. */
export type InstantForm = 'timestamp' | 'text';

/** A format that ClickHouse writes itself: one table, a row for each group of each list. */
export interface NativeFormat extends FileKind {
  readonly kind: 'native';
  readonly clickHouseFormat: ClickHouseFormat;
  /** ClickHouse's settings of it. */
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly instants: InstantForm;
}

/** A file format of exports. */
export type ExportFormat = TemplateFormat | NativeFormat;
