import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Query } from './client.ts';
import { conditionOptions } from './condition-options.ts';
import {
  FILTER_OPTIONS,
  type ParameterOptions,
  RANGE_OPTIONS,
  type SelectionOptions,
  optionText,
  selectedParameters,
  selectionOptions,
} from './selection-options.ts';
import { DIMENSION_NAMES } from '../stats/registry/dimension-names.ts';
import { DEFAULT_WEEK_START, INTERVAL_NAMES, WEEK_STARTS } from '../stats/registry/intervals.ts';
import { DEFAULT_METRICS, METRIC_NAMES } from '../stats/registry/metrics.ts';
import { OPERATOR_NAMES } from '../stats/registry/operators.ts';
import { COMPARE_CHOICES, MATCH_CHOICES, MAX_LIMIT } from '../stats/parse/values.ts';

const PARAMETERS: ParameterOptions = {
  ...RANGE_OPTIONS,
  group_by: `any of ${DIMENSION_NAMES.join(',')}, and property.KEY`,
  metrics: `any of ${METRIC_NAMES.join(',')} (default: ${DEFAULT_METRICS.join(',')})`,
  interval: `one of ${INTERVAL_NAMES.join(', ')}`,
  week_start: `first day of weeks: ${WEEK_STARTS.join(' or ')} (default: ${DEFAULT_WEEK_START})`,
  breakdown: 'true or false: add the cross product of the dimensions',
  ...FILTER_OPTIONS,
  sort: 'what groups are ordered by: a metric, a dimension or, with --compare, change; -clicks: the largest first',
  limit: `groups in each list, 1 to ${MAX_LIMIT}`,
  offset: 'groups to pass over in each list',
};

const OPERATORS_HELP = `
A filter also goes with an operator, and with a property of clicks:
  --browser.is_not Chrome --referrer.contains google --property.plan pro,team --property.plan.is_not free
Operators: ${OPERATOR_NAMES.join(', ')}.`;

/**
 * Adds the options of a stats request to a command.
 * @param words of the command line, which say what operators and properties it filters by
 */
export function statsOptions(command: Command, words: readonly string[] = process.argv): Command {
  return conditionOptions(selectionOptions(command, PARAMETERS), words)
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
export function statsParameters(options: SelectionOptions): Query {
  const shortCode = optionText(options, 'short_code');
  const names = [...Object.keys(PARAMETERS), 'compare', 'match', 'other'];
  const selected = selectedParameters(options, names);
  if (shortCode === undefined || optionText(options, 'owner') !== undefined)
    return { ...selected, scope: 'all' };
  const { owner_id: _, ...ofUrl } = selected;
  return { ...ofUrl, scope: 'anon', short_code: shortCode };
}

function periodToCompare(text: string): string {
  if (COMPARE_CHOICES.some((known) => known === text) || text.includes('/')) return text;
  throw new InvalidArgumentError(`It must be one of: ${COMPARE_CHOICES.join(', ')}, or START/END.`);
}
