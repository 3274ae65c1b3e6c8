import type { NativeFormat } from './export-format.ts';
import { ParquetRows } from './parquet-rows.ts';

/** So many rows of a group are in memory at once, of the writer and of a reader. */
const ROW_GROUP_ROWS = 100_000;

export const PARQUET: NativeFormat = {
  kind: 'native',
  extension: 'parquet',
  contentType: 'application/vnd.apache.parquet',
  description:
    'one table for DuckDB, pandas, Spark or a warehouse: its columns have types, instants are timestamps of UTC',
  capability: 'raw',
  isForSpreadsheets: false,
  clickHouseFormat: 'Parquet',
  settings: {
    output_format_parquet_compression_method: 'zstd',
    output_format_parquet_row_group_size: ROW_GROUP_ROWS,
    output_format_parquet_string_as_string: 1,
  },
  instants: 'timestamp',
  rowCounter: () => new ParquetRows(),
};
