import { z } from 'zod';
import { AppError, invalid } from '../../errors.ts';
import { nearestName } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import {
  FILTER_NAMES,
  type FilterName,
  faultOfValue,
  goesWith,
  isFilterName,
} from '../registry/dimensions.ts';
import { DEFAULT_OPERATOR, OPERATOR_NAMES } from '../registry/operators.ts';
import type { Filter } from './filter.ts';
import { type RawParameters, splitList, valuesOf } from './parameters.ts';

/** Other names of dimensions in the JSON object: spoo.me's API names links so. */
export const FILTER_ALIASES: ReadonlyMap<string, FilterName> = new Map([['url_id', 'short_code']]);

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

/** The values of a dimension, or those of each operator. */
const filterValues = z.union([
  texts.transform((values) => ({ [DEFAULT_OPERATOR]: values })),
  z.partialRecord(z.enum(OPERATOR_NAMES), texts).refine((byOperator) => Object.keys(byOperator).length > 0),
]);

/**
 * The filters of a query string: the JSON object and the single parameters add up to one list of values for a dimension
 * and an operator. A dimension that does not go with the scope is no filter: its parameter means something else then.
 * @throws AppError `validation_error` 400 for an unknown dimension, a value of the wrong type or that cannot be one of its
 * dimension, JSON that does not parse
 */
export function parseFilters(raw: RawParameters, scope: string): readonly Filter[] {
  const merged = new Map<string, Filter>();
  const add = (field: string, { operator, dimension, values }: Filter): void => {
    if (values.length === 0) return;
    for (const value of values) {
      const message = faultOfValue(dimension, value);
      if (message !== undefined) throw invalid(field, message);
    }
    const key = `${dimension} ${operator}`;
    merged.set(key, { operator, dimension, values: [...(merged.get(key)?.values ?? []), ...values] });
  };
  for (const text of valuesOf(raw, 'filters')) {
    for (const { operator, dimension, values } of parseJsonFilters(text, scope)) {
      if (values.some((value) => value.includes('\0'))) {
        throw invalid('filters', 'filters contains the character U+0000.');
      }
      // A value of blanks is one, which names a group that can be stored.
      add('filters', { operator, dimension, values: values.filter((value) => value !== '') });
    }
  }
  for (const name of FILTER_NAMES) {
    if (!goesWith(name, scope)) continue;
    for (const text of valuesOf(raw, name)) {
      add(name, { operator: DEFAULT_OPERATOR, dimension: name, values: splitList(text) });
    }
  }
  return [...merged.values()];
}

function parseJsonFilters(text: string, scope: string): readonly Filter[] {
  const wrong = 'filters must be a JSON object of lists of strings, such as {"browser": ["Chrome"]}.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('validation_error', wrong, { field: 'filters', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('filters', wrong);
  return Object.entries(value).flatMap(([name, given]) => {
    const dimension = isFilterName(name) ? name : FILTER_ALIASES.get(name);
    if (dimension === undefined || !goesWith(dimension, scope)) {
      throw invalid('filters', unknownDimension(name, scope));
    }
    const parsed = filterValues.safeParse(given);
    if (!parsed.success) throw invalid('filters', wrong);
    return OPERATOR_NAMES.map((operator) => ({ operator, dimension, values: parsed.data[operator] ?? [] }));
  });
}

/** An unknown filter that was passed over would make a number of more clicks than were asked for. */
function unknownDimension(name: string, scope: string): string {
  const allowed = FILTER_NAMES.filter((known) => goesWith(known, scope));
  const reason =
    isFilterName(name) || FILTER_ALIASES.has(name)
      ? ` with scope=${scope}, which is about one URL`
      : ', which clicks cannot be filtered by';
  const nearest = nearestName(name, allowed);
  const hint = nearest === undefined ? `It can name: ${allowed.join(', ')}.` : `Did you mean ${nearest}?`;
  return `filters cannot name ${quotable(name)}${reason}. ${hint}`;
}
