import { namesOf } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import type { Dimension, ValueDimension } from './dimension.ts';
import { DIMENSIONS } from './dimensions.ts';
import { type PropertyName, isPropertyName } from './properties.ts';
import { propertyDimension } from './property-dimension.ts';

/** A dimension of the registry. */
export type RegisteredName = keyof typeof DIMENSIONS;

/** One of the registry that can be filtered by. */
export type RegisteredFilter = Exclude<RegisteredName, 'time'>;

export type DimensionName = RegisteredName | PropertyName;

/** A dimension whose values are text and that can be filtered by: every one but time. */
export type FilterName = Exclude<DimensionName, 'time'>;

export const DIMENSION_NAMES = namesOf(DIMENSIONS);

export const FILTER_NAMES = DIMENSION_NAMES.filter((name): name is RegisteredFilter => name !== 'time');

/** The dimension whose parameter names the URL with `scope=anon`, where it is no filter. */
export const URL_DIMENSION = 'short_code' satisfies RegisteredFilter;

/** The others that can be filtered by, each by a parameter of its name. */
export const PARAMETER_FILTERS = FILTER_NAMES.filter((name) => name !== URL_DIMENSION);

/** The default dimensions. */
export const DEFAULT_GROUP_BY: readonly DimensionName[] = ['time'];

export function isFilterName(name: string): name is FilterName {
  return FILTER_NAMES.some((known) => known === name) || isPropertyName(name);
}

/** A dimension, whichever it is. */
export function dimensionOf(name: DimensionName): Dimension {
  return name === 'time' ? DIMENSIONS[name] : valueDimensionOf(name);
}

/** A dimension that can be filtered by, whichever it is. */
export function valueDimensionOf(name: FilterName): ValueDimension {
  return isPropertyName(name) ? propertyDimension(name) : DIMENSIONS[name];
}

/** Whether a dimension's values of clicks depend on the local time that these are shown in. */
export function dependsOnLocalTime(name: DimensionName): boolean {
  return name === 'time' || valueDimensionOf(name).localColumn !== undefined;
}

/** Whether a name is that of a dimension of the tags of URLs. */
export function isOfTags(name: string): boolean {
  return isFilterName(name) && valueDimensionOf(name).joinTags !== undefined;
}

/** Whether a dimension can be asked for with a scope. */
export function goesWith(name: DimensionName, scope: string): boolean {
  const { scope: only } = dimensionOf(name);
  return only === undefined || only === scope;
}

/** The dimensions of queries for one URL. */
export const LINK_DIMENSIONS = DIMENSION_NAMES.filter((name) => goesWith(name, 'anon'));

/** The default ones. */
export const LINK_OVERVIEW = LINK_DIMENSIONS.filter((name) => dimensionOf(name).isInOverview);

/** Says why a dimension cannot have a value; undefined where it can. */
export function faultOfValue(name: FilterName, value: string, caseSensitive = true): string | undefined {
  const { fault, values } = valueDimensionOf(name);
  if (fault !== undefined) return fault(value);
  if (values === undefined || values.includes(value)) return undefined;
  if (!caseSensitive && values.some((one) => one.toLowerCase() === value.toLowerCase())) return undefined;
  return `${name} cannot be "${quotable(value)}". It can be: ${values.join(', ')}.`;
}
