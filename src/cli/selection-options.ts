import type { Command } from 'commander';
import { PARAMETER_FILTERS } from '../stats/registry/dimension-names.ts';
import { RANGE_NAMES } from '../stats/registry/ranges.ts';
import type { Query } from './client.ts';
import { CONDITIONS, type Conditions } from './condition-options.ts';
import { notEmpty } from './option-values.ts';

/** Parameters of the API that are options with the same names, by what they mean. */
export type ParameterOptions = Readonly<Record<string, string>>;

/** Values of options, as commands get them. */
export type SelectionOptions = Readonly<Record<string, string | boolean | number | Conditions | undefined>>;

/** Those that choose clicks by their time. */
export const RANGE_OPTIONS: ParameterOptions = {
  start_date: 'start of the range, for example 2026-01-24',
  end_date: 'end of the range, inclusive',
  range: `a range by its name: one of ${RANGE_NAMES.join(', ')}`,
  timezone: 'IANA time zone, for example Asia/Kolkata',
};

/** Those that choose clicks by what else they have. */
export const FILTER_OPTIONS: ParameterOptions = {
  filters: 'JSON object, for example {"browser":["Chrome"]}',
  ...Object.fromEntries(PARAMETER_FILTERS.map((name) => [name, 'filter: values, comma-separated'])),
  segment: 'name of a segment of the owner',
  bots: 'include, exclude or only',
};

/** Adds the options that say whose clicks a command is about, and those of parameters. */
export function selectionOptions(command: Command, parameters: ParameterOptions): Command {
  command
    .option('--owner <id>', "only this owner (default: all owners; with --url the key's owner)", notEmpty)
    .option('--short-code <code>', 'only this short code', notEmpty);
  for (const [name, meaning] of Object.entries(parameters)) {
    command.option(`--${name.replaceAll('_', '-')} <value>`, meaning);
  }
  return command;
}

/** The given parameters of the API and the conditions, of all owners' clicks unless an owner or an address is given. */
export function selectedParameters(options: SelectionOptions, names: readonly string[]): Query {
  const conditions = options[CONDITIONS];
  return {
    ...Object.fromEntries(names.map((name) => [name, optionText(options, name)])),
    ...(typeof conditions === 'object' && conditions),
    owner_id: optionText(options, 'owner') ?? (options['url'] === undefined ? '*' : undefined),
    short_code: optionText(options, 'short_code')?.replaceAll(',', '\\,'),
  };
}

/** The text given for a parameter. */
export function optionText(options: SelectionOptions, name: string): string | undefined {
  const value = options[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
  return typeof value === 'string' ? value : undefined;
}
