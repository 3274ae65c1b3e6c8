import { LineCount } from '../lib/line-count.ts';
import type { NativeFormat } from './export-format.ts';

export const NDJSON: NativeFormat = {
  kind: 'native',
  extension: 'ndjson',
  contentType: 'application/x-ndjson',
  description: 'the same table as JSON objects, one a line',
  capability: 'streamable',
  isForSpreadsheets: false,
  clickHouseFormat: 'JSONEachRow',
  settings: {
    output_format_json_quote_64bit_integers: 0,
    output_format_json_escape_forward_slashes: 0,
    date_time_output_format: 'iso',
  },
  instants: 'text',
  rowCounter: () => new LineCount(),
};
