import { OPERATOR_NAMES, type OperatorName } from '../stats/registry/operators.ts';
import { COMBINATIONS, type Condition, type Filter, allOf, combined } from '../stats/parse/filter.ts';
import { CASE_OPTION } from '../stats/parse/filter-form.ts';
import { isFilterName } from './labels.ts';

/** What a text says, as the service reads it: conditions that add up with others of their kind, or groups, which do not. */
export interface ParsedFilters {
  readonly lists: readonly Condition[];
  readonly groups: readonly Filter[];
}

/** Parses filters in JSON, as the parameter `filters` has them; undefined where only the server can say what is wrong with them. */
export function parseFilterText(text: string): ParsedFilters | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return { lists: byDimension(value), groups: [] };
    const isGroup = COMBINATIONS.some((name) => name === value[0]);
    return isGroup ? { lists: [], groups: expression(value) } : { lists: [condition(value)], groups: [] };
  } catch {
    return undefined;
  }
}

function filtersOf(value: unknown): readonly Filter[] {
  return Array.isArray(value) ? expression(value) : byDimension(value);
}

/** `["is_not", "browser", ["Chrome"]]`, `["or", [F, …]]`, `["not", F]`. */
function expression([head, ...rest]: readonly unknown[]): readonly Filter[] {
  const combination = COMBINATIONS.find((name) => name === head);
  if (combination === undefined) return [condition([head, ...rest])];
  const [inner] = rest;
  const parts = combination === 'not' ? [inner] : inner;
  if (rest.length !== 1 || !Array.isArray(parts) || parts.length === 0) throw unreadable();
  return combined(
    combination,
    parts.map((part) => {
      const filters = filtersOf(part);
      if (filters.length === 0) throw unreadable();
      return allOf(filters);
    }),
  );
}

function condition([operator, dimension, given, options, ...rest]: readonly unknown[]): Condition {
  const { [CASE_OPTION]: caseSensitive = true, ...others } = options === undefined ? {} : recordOf(options);
  if (rest.length > 0 || Object.keys(others).length > 0) throw unreadable();
  const [parsed] = conditionOf(String(dimension), String(operator), given, caseSensitive);
  if (parsed === undefined) throw unreadable();
  return parsed;
}

function byDimension(value: unknown): readonly Condition[] {
  return Object.entries(recordOf(value)).flatMap(([dimension, given]) => {
    if (typeof given === 'string' || Array.isArray(given)) return conditionOf(dimension, 'is', given, true);
    const { [CASE_OPTION]: caseSensitive = true, ...lists } = recordOf(given);
    if (Object.keys(lists).length === 0) throw unreadable();
    return Object.entries(lists).flatMap(([operator, values]) =>
      conditionOf(dimension, operator, values, caseSensitive),
    );
  });
}

/** None where no value is left. */
function conditionOf(
  dimension: string,
  name: string,
  given: unknown,
  caseSensitive: unknown,
): readonly Condition[] {
  const operator = operatorNamed(name);
  const texts: unknown = typeof given === 'string' ? [given] : given;
  if (!isFilterName(dimension) || operator === undefined) throw unreadable();
  if (!isTexts(texts) || typeof caseSensitive !== 'boolean') throw unreadable();
  const values = [...new Set(texts)].filter((text) => text !== '');
  return values.length === 0 ? [] : [{ operator, dimension, values, caseSensitive }];
}

/** The operator of that name. */
export function operatorNamed(name: string): OperatorName | undefined {
  return OPERATOR_NAMES.find((known) => known === name);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable();
  return { ...value };
}

function unreadable(): Error {
  return new Error('The filters cannot be read.');
}
