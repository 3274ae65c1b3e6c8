import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Query } from './client.ts';
import { CONDITIONS, type Conditions, conditionOptions } from './condition-options.ts';
import { DIMENSION_NAMES, FILTER_NAMES } from '../stats/registry/dimension-names.ts';
import { INTERVAL_NAMES, WEEK_STARTS } from '../stats/registry/intervals.ts';
import { DEFAULT_METRICS, METRIC_NAMES } from '../stats/registry/metrics.ts';
import { OPERATOR_NAMES } from '../stats/registry/operators.ts';
import { RANGE_NAMES } from '../stats/registry/ranges.ts';
import { COMPARE_CHOICES, MATCH_CHOICES } from '../stats/parse/values.ts';

/** Parameters of the statistics API that are options with the same names. */
const PARAMETERS: Readonly<Record<string, string>> = {
  start_date: 'start of the range, for example 2026-01-24',
  end_date: 'end of the range, inclusive',
  range: `a range by its name: one of ${RANGE_NAMES.join(', ')}`,
  group_by: `any of ${DIMENSION_NAMES.join(',')}, and property.KEY`,
  metrics: `any of ${METRIC_NAMES.join(',')} (default: ${DEFAULT_METRICS.join(',')})`,
  timezone: 'IANA time zone, for example Asia/Kolkata',
  interval: `one of ${INTERVAL_NAMES.join(', ')}`,
  week_start: `first day of weeks: ${WEEK_STARTS.join(' or ')} (default: monday)`,
  breakdown: 'true or false: add the cross product of the dimensions',
  filters: 'JSON object, for example {"browser":["Chrome"]}',
  ...Object.fromEntries(
    FILTER_NAMES.filter((name) => name !== 'short_code').map((name) => [
      name,
      'filter: values, comma-separated',
    ]),
  ),
  segment: 'name of a segment of the owner',
  bots: 'include, exclude or only',
  sort: 'what groups are ordered by: a metric, a dimension or, with --compare, change; -clicks: the largest first',
  limit: 'groups in each list, 1 to 10000',
  offset: 'groups to pass over in each list',
};

type Options = Readonly<Record<string, string | boolean | Conditions | undefined>>;

const OPERATORS_HELP = `
A filter also goes with an operator, and with a property of clicks:
  --browser.is_not Chrome --referrer.contains google --property.plan pro,team --property.plan.is_not free
Operators: ${OPERATOR_NAMES.join(', ')}.`;

/**
 * Adds the options of a stats request to a command.
 * @param words of the command line, which say what operators and properties it filters by
 */
export function statsOptions(command: Command, words: readonly string[] = process.argv): Command {
  command
    .option('--owner <id>', "only this owner (default: all owners; with --url the key's owner)", notEmpty)
    .option('--short-code <code>', 'only this short code', notEmpty);
  for (const [name, meaning] of Object.entries(PARAMETERS)) {
    command.option(`--${name.replaceAll('_', '-')} <value>`, meaning);
  }
  return conditionOptions(command, words)
    .addHelpText('after', OPERATORS_HELP)
    .option(
      '--compare <period>',
      `also the totals of a period to compare with: ${COMPARE_CHOICES.join(', ')} or START/END`,
      periodToCompare,
    )
    .addOption(
      new Option('--match <unit>', 'move the period so that its weekdays match').choices(MATCH_CHOICES),
    )
    .addOption(
      new Option('--other [boolean]', 'add a row of the groups together that the limit cuts off').preset(
        'true',
      ),
    );
}

/** The API parameters for the given options. */
export function statsParameters(options: Options): Query {
  const shortCode = textOf(options['shortCode']);
  const owner = textOf(options['owner']);
  const everybody = options['url'] === undefined ? '*' : undefined;
  const subject =
    shortCode !== undefined && owner === undefined
      ? { scope: 'anon', short_code: shortCode }
      : { scope: 'all', owner_id: owner ?? everybody, short_code: shortCode?.replaceAll(',', '\\,') };
  const asked = [...Object.keys(PARAMETERS), 'compare', 'match', 'other'].map((name) => [
    name,
    textOf(options[camelCase(name)]),
  ]);
  const conditions = options[CONDITIONS];
  return {
    ...Object.fromEntries(asked),
    ...(typeof conditions === 'object' && conditions),
    ...subject,
  };
}

/** Refuses an empty value: an unset shell variable must not select everything. */
export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function periodToCompare(text: string): string {
  if (COMPARE_CHOICES.some((known) => known === text) || text.includes('/')) return text;
  throw new InvalidArgumentError(`It must be one of: ${COMPARE_CHOICES.join(', ')}, or START/END.`);
}

/** Refuses what the server would: the id of a new owner has no blanks around it. */
export function newOwner(text: string): string {
  if (text !== text.trim()) throw new InvalidArgumentError('It must not begin or end with a blank.');
  return notEmpty(text);
}

function textOf(value: Options[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
