import { type Command, Option } from 'commander';
import { FILTER_PARAMETERS } from '../stats/parse/filter-parameters.ts';
import { isOperatorName } from '../stats/registry/operators.ts';
import { isPropertyName } from '../stats/registry/properties.ts';

/** Values by the name of an API parameter. */
export type Conditions = Readonly<Record<string, readonly string[]>>;

/** The attribute under which a command gets the options that are conditions. */
export const CONDITIONS = 'conditions';

const WITH_OPERATOR: ReadonlySet<string> = new Set(
  FILTER_PARAMETERS.filter(({ name, dimension }) => name !== dimension).map(({ name }) => name),
);

/**
 * Adds the options that stand for a dimension with an operator, or for a property: `--browser.is_not`, `--property.plan`. There
 * are hundreds of the former and any number of the latter, so the help names the pattern, and only those are added that the
 * command line has.
 * @param words of the command line
 */
export function conditionOptions(command: Command, words: readonly string[]): Command {
  const flags = new Set(words.map((word) => word.split('=', 1)[0] ?? ''));
  for (const flag of flags) {
    const name = parameterOf(flag);
    if (name !== undefined) command.addOption(conditionOption(flag, name));
  }
  return command;
}

function conditionOption(flag: string, name: string): Option {
  const option = new Option('--condition <value>')
    .argParser((value, others: Conditions | undefined): Conditions => ({
      ...others,
      [name]: [...(others?.[name] ?? []), value],
    }))
    .hideHelp();
  // A property's name may have characters in it that the constructor takes for the end of the flag.
  option.long = flag;
  option.flags = `${flag} <value>`;
  option.attributeName = () => CONDITIONS;
  return option;
}

/** The API parameter that an option is, also where its words are joined by hyphens as in other options. */
function parameterOf(flag: string): string | undefined {
  if (!flag.startsWith('--')) return undefined;
  const name = flag.slice(2);
  const underscored = name.replaceAll('-', '_');
  if (WITH_OPERATOR.has(underscored)) return underscored;
  if (!isPropertyName(name)) return undefined;
  const dot = name.lastIndexOf('.') + 1;
  const operator = name.slice(dot).replaceAll('-', '_');
  return isOperatorName(operator) ? name.slice(0, dot) + operator : name;
}
