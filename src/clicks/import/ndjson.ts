import type { FieldFormat, ImportedRecord } from './import-format.ts';
import { parseObject } from './json-object.ts';

export const NDJSON: FieldFormat = {
  kind: 'fields',
  description: 'a JSON object on each line, with the fields of POST /api/v1/clicks',
  endings: ['.ndjson', '.jsonl'],
  parseHeader: undefined,
  isQuoted: false,
  parse: parseNdjsonLine,
};

function parseNdjsonLine(line: string): ImportedRecord {
  const value = parseObject(line);
  return value === undefined ? { kind: 'rejected', reason: 'not a JSON object' } : { kind: 'click', value };
}
