import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import { nearestName } from '../../lib/names.ts';
import { repeatedName } from '../../lib/repeated-name.ts';
import { quotable } from '../../lib/text.ts';
import { PROPERTY_PREFIX } from '../../lib/property-prefix.ts';
import { PROPERTY_FAULT } from '../registry/properties.ts';
import { FILTER_NAMES, type FilterName, goesWith, isFilterName } from '../registry/dimension-names.ts';
import {
  DEFAULT_OPERATOR,
  OPERATOR_NAMES,
  type OperatorName,
  isOperatorName,
} from '../registry/operators.ts';
import { COMBINATIONS, type Condition, type Filter, allOf, combined, isCondition } from './filter.ts';
import { CASE_OPTION } from './filter-form.ts';

/** Other names of dimensions in JSON: spoo.me's API names links so. */
export const FILTER_ALIASES: ReadonlyMap<string, FilterName> = new Map([['url_id', 'short_code']]);

/** Groups inside each other; the one that only says that all filters hold is not counted. */
export const MAX_FILTER_DEPTH = 3;

const WRONG = 'filters must be a JSON object of lists of strings, such as {"browser": ["Chrome"]}.';

const WRONG_ARRAY =
  'filters has an array that is none of: [operator, dimension, [value, …]], ["and", [filter, …]], ["or", [filter, …]], ["not", filter].';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

const options = z.strictObject({ [CASE_OPTION]: z.boolean().default(true) });

/** What a JSON text says. The lists of conditions add up with those of other parameters; groups do not. */
export interface JsonFilters {
  readonly lists: readonly Condition[];
  readonly groups: readonly Filter[];
}

/**
 * Parses filters in JSON, in the object form or the array form.
 * @param check looks at the value of the JSON before it is parsed further
 * @throws AppError `validation_error` 400 for an unknown dimension or operator, a value of the wrong type, groups that are
 * empty or nested too deep, JSON that does not parse
 */
export function parseFilterJson(text: string, scope: string, check: (value: unknown) => void): JsonFilters {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('validation_error', WRONG, { field: 'filters', cause });
  }
  const repeated = repeatedName(text);
  if (repeated !== undefined) {
    throw invalid(
      'filters',
      `filters has ${quotable(repeated)} twice in one object: put its values into one list.`,
    );
  }
  check(value);
  const head: unknown = Array.isArray(value) ? value[0] : undefined;
  const filters = parseFilter(value, scope, head === 'and' ? -1 : 0);
  const isGroup = COMBINATIONS.some((name) => name === head);
  return isGroup ? { lists: [], groups: filters } : { lists: filters.filter(isCondition), groups: [] };
}

/** Parses the filters in a JSON value, which are combined with AND. @param depth number of enclosing groups */
function parseFilter(value: unknown, scope: string, depth: number): readonly Filter[] {
  if (typeof value !== 'object' || value === null) throw invalid('filters', WRONG);
  if (!Array.isArray(value)) {
    const conditions = parseObject(value, scope);
    // Several are a group, as the normal form has them.
    if (conditions.length > 1) checkDepth(depth);
    return conditions;
  }
  const [head, ...rest]: readonly unknown[] = value;
  const combination = COMBINATIONS.find((name) => name === head);
  if (combination === undefined) return [parseList(head, rest, scope)];
  checkDepth(depth);
  const [inner] = rest;
  const parts: readonly unknown[] = combination === 'not' ? [inner] : Array.isArray(inner) ? inner : [];
  if (rest.length !== 1 || parts.length === 0) throw invalid('filters', WRONG_ARRAY);
  const filters = parts.map((part) => {
    const parsed = parseFilter(part, scope, depth + 1);
    if (parsed.length === 0)
      throw invalid('filters', `filters has a part without a value in "${combination}".`);
    return allOf(parsed);
  });
  return combined(combination, filters);
}

function checkDepth(depth: number): void {
  if (depth < MAX_FILTER_DEPTH) return;
  throw invalid('filters', `filters has groups more than ${MAX_FILTER_DEPTH} deep.`);
}

function parseObject(value: object, scope: string): readonly Condition[] {
  return Object.entries(value).flatMap(([name, given]) => {
    const dimension = parseDimension(name, scope);
    const plain = texts.safeParse(given);
    if (plain.success) return conditionOf(DEFAULT_OPERATOR, dimension, plain.data, true);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('filters', WRONG);
    return parseOperators(given, dimension);
  });
}

function parseOperators(value: object, dimension: FilterName): readonly Condition[] {
  const { [CASE_OPTION]: caseSensitive = true, ...byOperator }: Readonly<Record<string, unknown>> = {
    ...value,
  };
  const entries = Object.entries(byOperator).map(([name, given]) => {
    const operator = parseOperator(name, [...OPERATOR_NAMES, CASE_OPTION]);
    const parsed = texts.safeParse(given);
    if (!parsed.success) throw invalid('filters', WRONG);
    return [operator, parsed.data] as const;
  });
  if (entries.length === 0 || typeof caseSensitive !== 'boolean') throw invalid('filters', WRONG);
  return entries.flatMap(([operator, values]) => conditionOf(operator, dimension, values, caseSensitive));
}

/** `[operator, dimension, values, options]`, of which the last may be missing. */
function parseList(head: unknown, rest: readonly unknown[], scope: string): Condition {
  const [name, given, third = {}] = rest;
  if (typeof head !== 'string' || typeof name !== 'string' || rest.length > 3) {
    throw invalid('filters', WRONG_ARRAY);
  }
  const operator = parseOperator(head, [...OPERATOR_NAMES, ...COMBINATIONS]);
  const dimension = parseDimension(name, scope);
  const values = texts.safeParse(given);
  const chosen = options.safeParse(third);
  if (!values.success || !chosen.success) throw invalid('filters', WRONG_ARRAY);
  const [condition] = conditionOf(operator, dimension, values.data, chosen.data[CASE_OPTION]);
  if (condition === undefined) throw invalid('filters', `filters has no value in "${operator}".`);
  return condition;
}

/** None where no value is left: an empty one is not given, while one of blanks names a group that can be stored. */
function conditionOf(
  operator: OperatorName,
  dimension: FilterName,
  given: readonly string[],
  caseSensitive: boolean,
): readonly Condition[] {
  if (given.some((value) => value.includes('\0'))) {
    throw invalid('filters', 'filters contains the character U+0000.');
  }
  const values = given.filter((value) => value !== '');
  return values.length === 0 ? [] : [{ operator, dimension, values, caseSensitive }];
}

function parseOperator(name: string, allowed: readonly string[]): OperatorName {
  if (isOperatorName(name)) return name;
  const nearest = nearestName(name, allowed);
  const hint = nearest === undefined ? `It can be: ${allowed.join(', ')}.` : `Did you mean ${nearest}?`;
  throw invalid('filters', `filters has the unknown operator ${quotable(name)}. ${hint}`);
}

function parseDimension(name: string, scope: string): FilterName {
  const dimension = isFilterName(name) ? name : FILTER_ALIASES.get(name);
  if (dimension === undefined || !goesWith(dimension, scope)) {
    throw invalid('filters', unknownDimension(name, scope));
  }
  return dimension;
}

/** An unknown filter that was skipped would make a number of more clicks than were asked for. */
function unknownDimension(name: string, scope: string): string {
  if (name.startsWith(PROPERTY_PREFIX)) return PROPERTY_FAULT;
  const allowed: readonly string[] = FILTER_NAMES.filter((known) => goesWith(known, scope));
  const reason =
    isFilterName(name) || FILTER_ALIASES.has(name)
      ? ` with scope=${scope}, which is about one URL`
      : ', which clicks cannot be filtered by';
  const nearest = nearestName(name, allowed);
  const hint = nearest === undefined ? `It can name: ${allowed.join(', ')}.` : `Did you mean ${nearest}?`;
  return `filters cannot name ${quotable(name)}${reason}. ${hint}`;
}
