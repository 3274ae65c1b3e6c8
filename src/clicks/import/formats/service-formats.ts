import { csvFormat } from './csv-format.ts';
import { FIELD_MAPS } from './field-maps.ts';
import type { FieldFormat } from './import-format.ts';
import { jsonFormat } from './json-format.ts';
import { JSON_LINES_OR_ELEMENTS, jsonResponses, sqlRows } from './json-layouts.ts';

const { 'spoo-me': SPOO_ME, yourls: YOURLS, shlink: SHLINK, goatcounter: GOATCOUNTER } = FIELD_MAPS;

const YOURLS_SIGNS = ['click_time', 'shorturl'] as const;

/** The columns of YOURLS' table, in their order. */
const YOURLS_COLUMNS = [
  'click_id',
  'click_time',
  'shorturl',
  'referrer',
  'user_agent',
  'ip_address',
  'country_code',
] as const;

/** What other services export, recognised by its names. */
export const SERVICE_FORMATS = {
  'spoo-me': jsonFormat({
    description: SPOO_ME.description,
    layout: JSON_LINES_OR_ELEMENTS,
    map: SPOO_ME,
    signs: ['meta.short_code', 'clicked_at'],
  }),
  yourls: csvFormat({
    description: `${YOURLS.description} as CSV`,
    endings: [],
    map: YOURLS,
    signs: YOURLS_SIGNS,
  }),
  'yourls-sql': jsonFormat({
    description: `${YOURLS.description} in an SQL dump; rows are counted as lines`,
    endings: ['.sql'],
    layout: sqlRows(YOURLS_SIGNS, YOURLS_COLUMNS),
    map: YOURLS,
    signs: YOURLS_SIGNS,
  }),
  shlink: jsonFormat({
    description: `${SHLINK.description} as its API responds with them`,
    layout: jsonResponses((start) => /^\{\s*"visits"\s*:/.test(start)),
    map: SHLINK,
    signs: ['referer', 'date', 'userAgent'],
  }),
  'shlink-csv': csvFormat({
    description: `${SHLINK.description} as CSV (visit:non-orphan --format=csv; for those of one URL add --map short_code==CODE)`,
    endings: [],
    map: SHLINK,
    signs: ['referer', 'date', 'country', 'city'],
  }),
  goatcounter: csvFormat({
    description: GOATCOUNTER.description,
    endings: [],
    map: GOATCOUNTER,
    signs: ['session', 'bot', 'referrer scheme', 'date'],
  }),
} as const satisfies Readonly<Record<string, FieldFormat>>;
