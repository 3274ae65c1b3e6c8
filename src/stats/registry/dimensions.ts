import { type Sql, sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import { countryFilter, exactFilter, referrerFilter } from '../sql/filters.ts';

interface Dimension {
  /** Where its value stands in a click; undefined for time, whose value is the bucket. */
  readonly column: Sql | undefined;
  /** The condition that a click's value is one of those a user named; undefined: cannot be filtered by. */
  readonly filter: ((values: readonly string[]) => Sql) | undefined;
}

/** What clicks can be grouped by, in the order they are offered. */
export const DIMENSIONS = {
  time: { column: undefined, filter: undefined },
  browser: { column: sql`browser`, filter: exactFilter(sql`browser`) },
  os: { column: sql`os`, filter: exactFilter(sql`os`) },
  country: { column: sql`country`, filter: countryFilter(sql`country`) },
  city: { column: sql`city`, filter: exactFilter(sql`city`) },
  referrer: { column: sql`referrer`, filter: referrerFilter(sql`referrer`) },
  short_code: { column: sql`short_code`, filter: exactFilter(sql`short_code`) },
} as const satisfies Record<string, Dimension>;

export type DimensionName = keyof typeof DIMENSIONS;

/** A dimension whose values are text and that can be filtered by: every one but time. */
export type FilterName = Exclude<DimensionName, 'time'>;

export const DIMENSION_NAMES = namesOf(DIMENSIONS);

export const FILTER_NAMES = DIMENSION_NAMES.filter((name): name is FilterName => name !== 'time');

export function isFilterName(name: string): name is FilterName {
  return FILTER_NAMES.some((known) => known === name);
}
