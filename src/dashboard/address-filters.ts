import { PROPERTY_PREFIX } from '../lib/property-prefix.ts';
import { isPropertyName } from '../stats/registry/properties.ts';
import { FILTER_NAMES } from '../stats/registry/dimension-names.ts';
import { filterForm, inNormalOrder } from '../stats/parse/filter-form.ts';
import { type Condition, type Filter, addUp, isCondition } from '../stats/parse/filter.ts';
import { splitList } from '../stats/parse/raw-parameters.ts';
import { operatorNamed, parseFilterText } from './filter-text.ts';
import { isFilterName } from './labels.ts';

/** What an address says of filters. */
export interface AddressFilters {
  /** All of them hold. */
  readonly filters: readonly Filter[];
  /** Parameters, most of them filters, that the page cannot read. The server gets them as they are, and says what is wrong. */
  readonly unread: readonly (readonly [name: string, text: string])[];
}

/** The filters of the page's address: the JSON of `filters`, and parameters named after dimensions, as the API has them. */
export function parseAddressFilters(given: URLSearchParams): AddressFilters {
  const lists: Condition[] = [];
  const groups: Filter[] = [];
  const unread: (readonly [string, string])[] = [];
  // Results repeat those in JSON first.
  const inJson = given.getAll('filters').map((text) => ['filters', text] as const);
  for (const [name, text] of [...inJson, ...[...given].filter(([other]) => other !== 'filters')]) {
    if (text.trim() === '') continue;
    const parsed = name === 'filters' ? parseFilterText(text) : parseParameter(name, text);
    if (parsed === undefined && isFilterParameter(name)) unread.push([name, text]);
    lists.push(...(parsed?.lists ?? []));
    groups.push(...(parsed?.groups ?? []));
  }
  const conditions = addUp(lists).map((list) => ({ ...list, values: [...new Set(list.values)] }));
  return { filters: inNormalOrder([...conditions, ...groups]), unread };
}

/** Every parameter that the API could take for a filter. */
function isFilterParameter(name: string): boolean {
  return (
    name === 'filters' ||
    name.startsWith(PROPERTY_PREFIX) ||
    FILTER_NAMES.some((dimension) => name.startsWith(`${dimension}.`))
  );
}

/** `browser=Chrome`, `browser.is_not=Chrome,Firefox`. The page has one value in each parameter that is a dimension's bare name. */
function parseParameter(
  name: string,
  text: string,
): { readonly lists: readonly Condition[]; readonly groups?: [] } | undefined {
  const dot = name.lastIndexOf('.');
  const [dimension, operator] = [name.slice(0, dot), operatorNamed(name.slice(dot + 1))];
  const values = splitList(text);
  if (operator !== undefined && isFilterName(dimension)) return listOf({ dimension, operator, values });
  if (isPropertyName(name)) return listOf({ dimension: name, operator: 'is', values });
  return isFilterName(name) ? listOf({ dimension: name, operator: 'is', values: [text] }) : undefined;
}

function listOf(condition: Omit<Condition, 'caseSensitive'>): { readonly lists: readonly Condition[] } {
  return { lists: condition.values.length === 0 ? [] : [{ ...condition, caseSensitive: true }] };
}

/** Proxies and servers bound how many parameters a request has. */
const MAX_SINGLE_VALUES = 50;

/**
 * Parameters with the filters: one for each value where dimensions of the registry are to have a few values, else their normal form, as
 * results repeat it.
 */
export function writeAddressFilters({
  filters,
  unread,
}: AddressFilters): readonly (readonly [string, string])[] {
  const plain = filters.filter(isPlain);
  const count = plain.reduce((sum, { values }) => sum + values.length, 0);
  const isSimple =
    plain.length === filters.length && addUp(plain).length === plain.length && count <= MAX_SINGLE_VALUES;
  if (!isSimple) return [['filters', JSON.stringify(filterForm(filters))], ...unread];
  return [
    ...plain.flatMap(({ dimension, values }) => values.map((value) => [dimension, value] as const)),
    ...unread,
  ];
}

function isPlain(filter: Filter): filter is Condition {
  return (
    isCondition(filter) &&
    filter.operator === 'is' &&
    filter.caseSensitive &&
    !isPropertyName(filter.dimension) &&
    filter.values.every((value) => value.trim() !== '')
  );
}
