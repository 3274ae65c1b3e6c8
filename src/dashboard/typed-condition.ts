import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import type { OperatorName } from '../stats/registry/operators.ts';
import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import type { Condition } from '../stats/parse/filter.ts';
import { operatorNamed } from './filter-text.ts';
import { dimensionText, isFilterName, valueText, valuesOfText } from './labels.ts';

/** The values of a condition as they are typed, one a line. */
export function typedValues(condition: Condition): string {
  return condition.values.map((value) => typedValue(condition, value)).join('\n');
}

function typedValue(
  { operator, dimension }: Pick<Condition, 'operator' | 'dimension'>,
  value: string,
): string {
  const isNamed = takesWhole(operator) && dimensionText(dimension).values.length > 0;
  return (isNamed ? valueText(dimension, value) : value).replaceAll(/\r\n|[\r\n]/g, '⏎');
}

/**
 * The condition in the fields of a filled form; undefined without a value, or where no property has such a key.
 * @param changed the condition that the form was opened with: the values of it that are left are as they were, line ends too
 */
export function typedCondition(
  form: { readonly get: (name: string) => unknown },
  changed?: Condition,
): Condition | undefined {
  const field = (name: string): string => {
    const entry = form.get(name);
    return typeof entry === 'string' ? entry : '';
  };
  const key = form.get('key');
  const dimension = typeof key === 'string' ? PROPERTY_PREFIX + key : field('dimension');
  const operator = operatorNamed(field('operator'));
  if (!isFilterName(dimension) || operator === undefined) return undefined;
  const lines = field('values')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const before = new Map(changed?.values.map((value) => [typedValue(changed, value), value]));
  const valuesOf = (line: string): readonly string[] => {
    const same = before.get(line);
    if (same !== undefined) return [same];
    return takesWhole(operator) ? valuesOfText(dimension, line) : [line];
  };
  const values = lines.flatMap(valuesOf);
  if (values.length === 0) return undefined;
  return { operator, dimension, values: [...new Set(values)], caseSensitive: field('any-case') === '' };
}

function takesWhole(operator: OperatorName): boolean {
  return OPERATOR_WORDS[operator].takes === 'values';
}
