import type { NativeSheetFormat } from './export-format.ts';

/** One CSV file (RFC 4180, UTF-8) of one table. */
export const PLAIN_CSV: NativeSheetFormat = {
  kind: 'native',
  extension: 'csv',
  contentType: 'text/csv; charset=utf-8',
  description: 'one CSV file with a header line; every text is quoted, null is empty',
  capability: 'streamable',
  isForSpreadsheets: true,
  clickHouseFormat: 'CSVWithNames',
  settings: {
    output_format_csv_crlf_end_of_line: 1,
    format_csv_null_representation: '',
    date_time_output_format: 'iso',
  },
  instants: 'text',
  rowCounter: undefined,
};
