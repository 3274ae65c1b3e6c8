import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import { type Condition, type Filter, isCondition } from '../stats/parse/filter.ts';
import { dimensionText, valueText } from './labels.ts';

const OR = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** A filter as people read it: `Browser: Chrome or Firefox`, `(Country: Germany or System is not Windows)`. */
export function filterText(filter: Filter): string {
  if (isCondition(filter)) return conditionText(filter);
  if (filter.operator === 'not') return `not ${enclosed(filter.filter)}`;
  return filter.filters.map(enclosed).join(` ${filter.operator} `);
}

function enclosed(filter: Filter): string {
  return isCondition(filter) || filter.operator === 'not' ? filterText(filter) : `(${filterText(filter)})`;
}

function conditionText({ operator, dimension, values, caseSensitive }: Condition): string {
  const { one, shownAs } = dimensionText(dimension);
  const said = operator === 'is' ? `${one}:` : `${one} ${OPERATOR_WORDS[operator].label}`;
  // What is only part of a value, or a pattern, says more than it would shortened. An address without its scheme is another filter,
  // which takes more: `google.com` every page of that host.
  const isWhole = OPERATOR_WORDS[operator].takes === 'values' && shownAs !== 'address';
  const texts = values.map((value) => (isWhole ? valueText(dimension, value) : value));
  return `${said} ${OR.format(new Set(texts))}${caseSensitive ? '' : ' in any letter case'}`;
}
