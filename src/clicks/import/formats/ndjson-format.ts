import { jsonFormat } from './json-format.ts';
import { JSON_LINES } from './json-layouts.ts';

export const NDJSON = jsonFormat({
  description: 'a JSON object on each line, with the fields of POST /api/v1/clicks',
  endings: ['.ndjson', '.jsonl'],
  layout: JSON_LINES,
  signs: ['short_code'],
});
