import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import type { OperatorName } from '../stats/registry/operators.ts';
import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import type { Condition } from '../stats/parse/filter.ts';
import { operatorNamed } from './filter-text.ts';
import { dimensionText, isFilterName, valueOfText, valueText } from './labels.ts';

/** The values of a condition as they are typed, one a line. */
export function typedValues({ operator, dimension, values }: Condition): string {
  const isNamed = takesWhole(operator) && dimensionText(dimension).values.length > 0;
  return values.map((value) => (isNamed ? valueText(dimension, value) : value)).join('\n');
}

/** The condition in the fields of a filled form; undefined without a value, or where no property has such a key. */
export function typedCondition(form: { readonly get: (name: string) => unknown }): Condition | undefined {
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
  const values = takesWhole(operator) ? lines.map((line) => valueOfText(dimension, line)) : lines;
  if (values.length === 0) return undefined;
  return { operator, dimension, values: [...new Set(values)], caseSensitive: field('any-case') === '' };
}

function takesWhole(operator: OperatorName): boolean {
  return OPERATOR_WORDS[operator].takes === 'values';
}
