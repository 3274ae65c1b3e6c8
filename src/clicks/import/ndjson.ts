import type { FieldFormat, ImportedRecord } from './import-format.ts';

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

/** The JSON object that a line is; undefined for any other line. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
