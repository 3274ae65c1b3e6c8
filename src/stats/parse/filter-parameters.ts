import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import { FILTER_NAMES, type FilterName, isFilterName } from '../registry/dimensions.ts';
import { type RawParameters, splitList, valuesOf } from './parameters.ts';

/** For each dimension that is filtered, the values of which a click must have one, as they were given. */
export type Filters = { readonly [Name in FilterName]?: readonly string[] };

type Scope = 'all' | 'anon';

const filterValues = z.union([z.string(), z.array(z.string())]);

/**
 * The filters of a query string: the JSON object and the single parameters add up to one list a dimension. With
 * `scope=anon` the short code is no filter.
 * @throws AppError `validation_error` 400 for an unknown dimension, a value of the wrong type, JSON that does not parse
 */
export function parseFilters(raw: RawParameters, scope: Scope): Filters {
  const merged = new Map<FilterName, string[]>();
  const add = (name: FilterName, values: readonly string[]): void => {
    if (values.length > 0) merged.set(name, [...(merged.get(name) ?? []), ...values]);
  };
  for (const text of valuesOf(raw, 'filters')) {
    for (const [name, values] of parseJsonFilters(text)) {
      if (!isFilterName(name) || (name === 'short_code' && scope === 'anon')) {
        throw invalid('filters', unknownFilter(scope));
      }
      if (values.some((value) => value.includes('\0'))) {
        throw invalid('filters', 'filters contains the character U+0000.');
      }
      add(
        name,
        values.filter((value) => value.trim() !== ''),
      );
    }
  }
  for (const name of FILTER_NAMES) {
    if (name === 'short_code' && scope === 'anon') continue;
    for (const text of valuesOf(raw, name)) add(name, splitList(text));
  }
  return Object.fromEntries(merged);
}

function parseJsonFilters(text: string): readonly (readonly [string, readonly string[]])[] {
  const wrong = 'filters must be a JSON object of lists of strings, such as {"browser": ["Chrome"]}.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('validation_error', wrong, { field: 'filters', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('filters', wrong);
  return Object.entries(value).map(([name, given]) => {
    const parsed = filterValues.safeParse(given);
    if (!parsed.success) throw invalid('filters', wrong);
    return [name, [parsed.data].flat()];
  });
}

function unknownFilter(scope: Scope): string {
  const allowed = FILTER_NAMES.filter((name) => name !== 'short_code' || scope === 'all');
  return `filters can name: ${allowed.join(', ')}.`;
}
