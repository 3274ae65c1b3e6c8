import { type Command, Option } from 'commander';
import { CLICK_COLUMN_NAMES } from '../click-rows/columns.ts';
import { COMPRESSIBLE_FORMATS, ESCAPE_CHOICES } from '../click-rows/export-request.ts';
import { CLICK_ORDERS } from '../click-rows/click-query.ts';
import { CLICK_FORMAT_NAMES, CLICK_SHEET_FORMAT_NAMES } from '../export/click-formats.ts';
import { COMPRESSION_NAMES } from '../export/compressions.ts';
import { EXPORT_FORMAT_NAMES } from '../export/formats.ts';
import { listed, namesOf } from '../lib/names.ts';
import type { Query } from './client.ts';
import type { Conditions } from './condition-options.ts';
import { statsOptions, statsParameters } from './stats-options.ts';

/** What can be exported, and where the API has it. */
export const EXPORT_PATHS = { stats: '/api/v1/export', clicks: '/api/v1/export/clicks' } as const;

/** The options of a command that say what to export. */
export type ExportedOptions = Readonly<Record<string, string | boolean | Conditions | undefined>> & {
  readonly what: keyof typeof EXPORT_PATHS;
  readonly format: string;
  readonly fields?: string;
  readonly order?: string;
  readonly compress?: string;
  readonly escape?: string;
  readonly visitors?: boolean;
};

const FORMATS = [...new Set([...EXPORT_FORMAT_NAMES, ...CLICK_FORMAT_NAMES])];
const CLICKS_ONLY = CLICK_FORMAT_NAMES.filter((name) => !EXPORT_FORMAT_NAMES.some((known) => known === name));

/** Adds them to a command. */
export function exportedOptions(command: Command): Command {
  command
    .addOption(new Option('--what <data>', 'what to export').choices(namesOf(EXPORT_PATHS)).default('stats'))
    .addOption(
      new Option('--format <name>', `file format; ${listed(CLICKS_ONLY, 'and')} of clicks only`)
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .option('--fields <names>', `with --what clicks: the columns, any of ${CLICK_COLUMN_NAMES.join(',')}`)
    .addOption(new Option('--order <order>', 'with --what clicks: their order').choices(CLICK_ORDERS))
    .addOption(
      new Option(
        '--compress <way>',
        `with --what clicks: a compressed file of ${listed(COMPRESSIBLE_FORMATS, 'or')}`,
      ).choices(COMPRESSION_NAMES),
    )
    .addOption(
      new Option(
        '--escape <what>',
        `with --what clicks: none leaves formulas alone in ${listed(CLICK_SHEET_FORMAT_NAMES, 'and')}`,
      ).choices(ESCAPE_CHOICES),
    )
    .option('--visitors', 'with --what clicks: also the hash of each visitor');
  return statsOptions(command);
}

/** The API parameters for the given options. What does not go together is refused by the server. */
export function exportedParameters(options: ExportedOptions): Query {
  const { format, fields, order, compress, escape, visitors } = options;
  return {
    ...statsParameters(options),
    fields,
    order,
    compress,
    escape,
    visitors: visitors === true ? 'true' : undefined,
    format,
  };
}
