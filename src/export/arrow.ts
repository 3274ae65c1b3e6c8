import type { NativeFormat } from './export-format.ts';

export const ARROW: NativeFormat = {
  kind: 'native',
  extension: 'arrows',
  contentType: 'application/vnd.apache.arrow.stream',
  description: 'the same table as a stream of Arrow record batches; texts that repeat are dictionaries',
  capability: 'raw',
  isForSpreadsheets: false,
  clickHouseFormat: 'ArrowStream',
  settings: {
    output_format_arrow_low_cardinality_as_dictionary: 1,
    output_format_arrow_string_as_string: 1,
    // Not every reader knows how to decompress buffers.
    output_format_arrow_compression_method: 'none',
  },
  instants: 'timestamp',
  rowCounter: undefined,
};
