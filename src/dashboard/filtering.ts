import { inNormalOrder } from '../stats/parse/filter-form.ts';
import { type Condition, type Filter, isCondition } from '../stats/parse/filter.ts';
import { OPERATOR_WORDS } from '../stats/registry/words.ts';
import type { FilterName } from '../stats/registry/dimension-names.ts';
import type { View } from './address.ts';
import { operatorNamed } from './filter-text.ts';
import { matchesFilter } from './matching.ts';

/** Whether one of the view's filters names a row of the dimension's list. */
export function isFilteredBy({ filters }: Pick<View, 'filters'>, name: FilterName, row: string): boolean {
  return filters.some((filter) => isAbout(filter, name) && filter.values.some(meansRow(filter, row)));
}

/** Adds a row of a list to the filters, or removes the values that mean it. */
export function toggleFilter(view: View, name: FilterName, row: string): View {
  const isFiltered = isFilteredBy(view, name, row);
  return isFiltered ? withoutRow(view, name, row) : withFilter(view, valueIs('is', name, row));
}

/** Leaves the clicks of a row out. */
export function excludeRow(view: View, name: FilterName, row: string): View {
  return withFilter(withoutRow(view, name, row), valueIs('is_not', name, row));
}

/** The view with one more filter: its values add up with those of the same dimension and operator. */
export function withFilter(view: View, filter: Filter): View {
  if (!isCondition(filter)) return { ...view, filters: inNormalOrder([...view.filters, filter]) };
  const isSame = (one: Filter): one is Condition =>
    isCondition(one) &&
    one.dimension === filter.dimension &&
    one.operator === filter.operator &&
    one.caseSensitive === filter.caseSensitive;
  const place = view.filters.findIndex(isSame);
  const filters = view.filters.map((one, index) =>
    index === place && isCondition(one)
      ? { ...one, values: [...new Set([...one.values, ...filter.values])] }
      : one,
  );
  return { ...view, filters: inNormalOrder(place === -1 ? [...filters, filter] : filters) };
}

/** The filter of all other clicks. */
export function negated(filter: Filter): Filter {
  if (!isCondition(filter)) return filter.operator === 'not' ? filter.filter : { operator: 'not', filter };
  const operator = operatorNamed(OPERATOR_WORDS[filter.operator].opposite);
  return operator === undefined ? { operator: 'not', filter } : { ...filter, operator };
}

/** The links that the filters name outright: without a key, one of them can be shown. */
export function namedLinks({ filters }: Pick<View, 'filters'>): readonly string[] {
  return filters.flatMap((filter) => (isNamedLink(filter) ? filter.values : []));
}

/** The view without the links that its filters name outright. */
export function withoutNamedLinks(view: View): View {
  return { ...view, filters: view.filters.filter((filter) => !isNamedLink(filter)) };
}

function isNamedLink(filter: Filter): filter is Condition {
  return isAbout(filter, 'short_code') && filter.caseSensitive;
}

/** Whether a filter is of values that a dimension has. */
function isAbout(filter: Filter, name: FilterName): filter is Condition {
  return isCondition(filter) && filter.dimension === name && filter.operator === 'is';
}

function meansRow({ dimension, caseSensitive }: Condition, row: string): (value: string) => boolean {
  return (value) =>
    matchesFilter(dimension, value, row) ||
    (!caseSensitive && matchesFilter(dimension, value.toLowerCase(), row.toLowerCase()));
}

function withoutRow(view: View, name: FilterName, row: string): View {
  const filters = view.filters.flatMap((filter): readonly Filter[] => {
    if (!isAbout(filter, name)) return [filter];
    const isMeant = meansRow(filter, row);
    const values = filter.values.filter((value) => !isMeant(value));
    return values.length === 0 ? [] : [{ ...filter, values }];
  });
  return { ...view, filters };
}

function valueIs(operator: 'is' | 'is_not', dimension: FilterName, value: string): Condition {
  return { operator, dimension, values: [value], caseSensitive: true };
}
