import { type Command, InvalidArgumentError } from 'commander';
import { FILTER_NAMES } from '../stats/registry/dimensions.ts';

/** The parameters of the statistics API that are options of the same name on the command line. */
const PARAMETERS: Readonly<Record<string, string>> = {
  start_date: 'first moment, for example 2026-01-24',
  end_date: 'last moment',
  group_by: 'any of time,browser,os,country,city,referrer,short_code',
  metrics: 'clicks, unique_clicks or both',
  timezone: 'IANA name, for example Asia/Kolkata',
  interval: '10_minute, hour, day, week or month',
  breakdown: 'true or false: also the full cross product',
  filters: 'JSON object, for example {"browser":["Chrome"]}',
  ...Object.fromEntries(FILTER_NAMES.filter((name) => name !== 'short_code').map((name) => [name, 'filter'])),
  bots: 'include, exclude or only',
  limit: 'groups in each list, 1 to 10000',
};

type Options = Readonly<Record<string, string | boolean | undefined>>;

/** Adds the options of a question about clicks to a command. */
export function questionOptions(command: Command): Command {
  command
    .option('--owner <id>', "this owner (default: every owner; with --url the key's)", notEmpty)
    .option('--short-code <code>', 'this URL', notEmpty);
  for (const [name, meaning] of Object.entries(PARAMETERS)) {
    command.option(`--${name.replaceAll('_', '-')} <value>`, meaning);
  }
  return command;
}

/** The query string's parameters that the options of a question stand for. */
export function questionQuery(options: Options): Readonly<Record<string, string | undefined>> {
  const shortCode = textOf(options['shortCode']);
  const owner = textOf(options['owner']);
  const everybody = options['url'] === undefined ? '*' : undefined;
  const subject =
    shortCode !== undefined && owner === undefined
      ? { scope: 'anon', short_code: shortCode }
      : { scope: 'all', owner_id: owner ?? everybody, short_code: shortCode?.replaceAll(',', '\\,') };
  const asked = Object.keys(PARAMETERS).map((name) => [name, textOf(options[camelCase(name)])]);
  return { ...Object.fromEntries(asked), ...subject };
}

/** An option that lost its value, to a shell variable that is not set for example, must not stand for everything. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
