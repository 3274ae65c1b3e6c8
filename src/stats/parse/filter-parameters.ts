import { type AppError, invalid } from '../../errors.ts';
import { namesOf } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import {
  FILTER_NAMES,
  type FilterName,
  URL_DIMENSION,
  faultOfValue,
  goesWith,
} from '../registry/dimension-names.ts';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';
import { PROPERTY_FAULT, isPropertyName } from '../registry/properties.ts';
import { DEFAULT_OPERATOR, OPERATOR_NAMES, isOperatorName, operatorOf } from '../registry/operators.ts';
import { patternOf } from '../sql/comparisons.ts';
import { type Condition, type Filter, addUp, conditionsIn } from './filter.ts';
import { inNormalOrder } from './filter-form.ts';
import { parseFilterJson } from './filter-json.ts';
import { costlyPartsIn } from './costly-parts.ts';
import { type RawParameters, splitList, valuesOf } from './raw-parameters.ts';

/**
 * What the filters of a request may have in all. A pattern takes its time for each value that it is matched with, and memory
 * for what it is compiled to.
 */
export const FILTER_LIMITS = {
  conditions: 100,
  values: 10_000,
  patterns: 20,
  patternLength: 1_000,
  costlyParts: 250,
} as const;

/** A parameter that is a filter: the values of one operator and dimension. */
export interface FilterParameter {
  readonly name: string;
  readonly dimension: FilterName;
  readonly operator: Condition['operator'];
}

/** The parameters that are filters: `browser` for its values, `browser.is_not` for those of another operator. */
export const FILTER_PARAMETERS: readonly FilterParameter[] = FILTER_NAMES.flatMap((dimension) => [
  { name: dimension, dimension, operator: DEFAULT_OPERATOR },
  ...OPERATOR_NAMES.map((operator) => ({ name: `${dimension}.${operator}`, dimension, operator })),
]);

/**
 * The filters of a query string: the JSON and the single parameters add up to one list of values for a dimension and an
 * operator.
 * @throws AppError `validation_error` 400 for an unknown dimension or operator, a value of the wrong type or that cannot be
 * one of its dimension, JSON that does not parse, more than a request may have
 */
export function parseFilters(raw: RawParameters, scope: string): readonly Filter[] {
  const lists: Condition[] = [];
  const groups: Filter[] = [];
  const checkRoom = roomForFilters();
  for (const text of valuesOf(raw, 'filters')) {
    const parsed = parseFilterJson(text, scope, (value) => checkRoom(sizeOf(value)));
    checkConditions('filters', conditionsIn([...parsed.lists, ...parsed.groups]));
    lists.push(...parsed.lists);
    groups.push(...parsed.groups);
  }
  const valuesIn = (name: string): readonly string[] => {
    const values = valuesOf(raw, name).flatMap(splitList);
    checkRoom({ texts: values.length, lists: Math.min(1, values.length) });
    return values;
  };
  for (const { name, dimension, operator } of FILTER_PARAMETERS) {
    const values = valuesIn(name);
    if (values.length === 0) continue;
    if (namesUrl(name, scope)) continue;
    const condition = { operator, dimension, values, caseSensitive: true };
    if (!goesWith(dimension, scope)) throw invalid(name, `${name} does not go with scope=${scope}.`);
    checkConditions(name, [condition]);
    lists.push(condition);
  }
  for (const name of Object.keys(raw).filter((one) => one.startsWith(PROPERTY_PREFIX))) {
    const values = valuesIn(name);
    if (values.length === 0) continue;
    const condition = { ...propertyParameter(name), values, caseSensitive: true };
    checkConditions(name, [condition]);
    lists.push(condition);
  }
  return combineFilters([...addUp(lists), ...groups], []);
}

/** The parameters of a request but for those that are filters. */
export function withoutFilters(raw: RawParameters, scope: string): RawParameters {
  const filters = new Set(FILTER_PARAMETERS.map(({ name }) => name).filter((name) => !namesUrl(name, scope)));
  return Object.fromEntries(
    Object.entries(raw).filter(
      ([name]) => name !== 'filters' && !filters.has(name) && !name.startsWith(PROPERTY_PREFIX),
    ),
  );
}

/** Whether a parameter that is a filter elsewhere says which URL a request is about. */
function namesUrl(name: string, scope: string): boolean {
  return name === URL_DIMENSION && scope === 'anon';
}

/** How large filters are that are not parsed yet: texts that values can be, and lists that conditions can be. */
interface SizeOfFilters {
  readonly texts: number;
  readonly lists: number;
}

/**
 * Ends before the work is done that filters of any size would take. Conditions add up when they are parsed, and in JSON have
 * some texts and lists more than values and conditions: so it counts roughly, and what it lets through is counted then.
 */
function roomForFilters(): (more: SizeOfFilters) => void {
  let all = { texts: 0, lists: 0 };
  return ({ texts, lists }) => {
    all = { texts: all.texts + texts, lists: all.lists + lists };
    if (all.lists > 30 * FILTER_LIMITS.conditions) throw tooMany('conditions');
    if (all.texts > 2 * FILTER_LIMITS.values) throw tooMany('values');
  };
}

/** Of a value of JSON, however deep it is. */
function sizeOf(json: unknown): SizeOfFilters {
  let texts = 0;
  let lists = 0;
  const left = [json];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') texts++;
    if (typeof value !== 'object' || value === null) continue;
    lists++;
    for (const part of Array.isArray(value) ? value : Object.values(value)) left.push(part);
  }
  return { texts, lists };
}

/**
 * Filters that hold together with others, in their normal order.
 * @throws AppError 400 for more than a request may have
 */
export function combineFilters(own: readonly Filter[], others: readonly Filter[]): readonly Filter[] {
  const filters = [...own, ...others];
  checkAmount(conditionsIn(filters));
  return inNormalOrder(filters);
}

/** The property, and the operator where the last part of the name is one. @throws AppError 400 where no property has such a name */
function propertyParameter(name: string): Pick<FilterParameter, 'dimension' | 'operator'> {
  const dot = name.lastIndexOf('.');
  const [dimension, operator] = [name.slice(0, dot), name.slice(dot + 1)];
  if (isPropertyName(dimension) && isOperatorName(operator)) return { dimension, operator };
  if (isPropertyName(name)) return { dimension: name, operator: DEFAULT_OPERATOR };
  throw invalid(quotable(name), PROPERTY_FAULT);
}

function checkConditions(field: string, conditions: readonly Condition[]): void {
  for (const { operator, dimension, values, caseSensitive } of conditions) {
    const { takes } = operatorOf(operator);
    for (const value of values) {
      const message = takes === 'values' ? faultOfValue(dimension, value, caseSensitive) : undefined;
      if (message !== undefined) throw invalid(field, message);
      if (takes === 'patterns' && value.length > FILTER_LIMITS.patternLength) {
        throw invalid(field, `A pattern has at most ${FILTER_LIMITS.patternLength} characters.`);
      }
    }
  }
}

const AMOUNT_NAMES = {
  conditions: 'conditions',
  values: 'values',
  patterns: 'patterns',
  costlyParts: 'repetitions by counts such as {10} and classes such as \\p{L} in patterns',
} as const;

function checkAmount(conditions: readonly Condition[]): void {
  const amounts = {
    conditions: () => conditions.length,
    values: () => conditions.reduce((sum, { values }) => sum + values.length, 0),
    patterns: () => patternsIn(conditions).length,
    // Once there are few of them.
    costlyParts: () => patternsIn(conditions).reduce((sum, pattern) => sum + costlyPartsIn(pattern), 0),
  };
  for (const name of namesOf(amounts)) if (amounts[name]() > FILTER_LIMITS[name]) throw tooMany(name);
}

function tooMany(name: keyof typeof AMOUNT_NAMES): AppError {
  return invalid('filters', `Filters have at most ${FILTER_LIMITS[name]} ${AMOUNT_NAMES[name]} in all.`);
}

/** The patterns of some conditions, as ClickHouse gets them. */
export function patternsIn(conditions: readonly Condition[]): readonly string[] {
  return conditions.flatMap(({ operator, values, caseSensitive }) => {
    const { takes } = operatorOf(operator);
    return takes === 'patterns' ? values.map((value) => patternOf(value, caseSensitive)) : [];
  });
}
