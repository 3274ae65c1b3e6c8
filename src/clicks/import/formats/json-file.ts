import { jsonFormat } from './json-format.ts';
import { JSON_ELEMENTS } from './json-layouts.ts';

export const JSON_FILE = jsonFormat({
  description: 'JSON arrays of such objects, or objects over several lines; lines are counted as objects',
  endings: ['.json'],
  layout: JSON_ELEMENTS,
  signs: ['short_code'],
});
