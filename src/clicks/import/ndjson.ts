import type { ImportFormat, ImportedRecord } from './import-format.ts';

export const NDJSON: ImportFormat = {
  description: 'a JSON object on each line, with the fields of POST /api/v1/clicks',
  endings: ['.ndjson', '.jsonl'],
  parseHeader: undefined,
  isQuoted: false,
  parse: parseNdjsonLine,
};

function parseNdjsonLine(line: string): ImportedRecord {
  try {
    return { kind: 'click', value: JSON.parse(line) };
  } catch {
    return { kind: 'rejected', reason: 'not JSON' };
  }
}
