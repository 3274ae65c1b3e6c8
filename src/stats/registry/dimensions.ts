import { type Sql, sql } from '../../sql/sql.ts';
import { countryCode, nearestCountryName } from '../../lib/country.ts';
import { namesOf } from '../../lib/names.ts';
import { quotable } from '../../lib/text.ts';
import { countryFilter, exactFilter, referrerFilter } from '../sql/filters.ts';

/** What clicks can be grouped by. */
export interface ValueDimension {
  /** Its value, a text, from a click's columns. */
  readonly column: Sql;
  /** The condition that a click's value is one of those a user named. */
  readonly filter: (values: readonly string[]) => Sql;
  /** Says what is wrong with a value to filter by; undefined where nothing is. Any text can be one unless given. */
  readonly fault?: (value: string) => string | undefined;
  /** What people call one of its values, and several. */
  readonly words: Words;
  /** Values to filter by, for the API document. */
  readonly example: string;
  /** What the API document says of its filter beside what it says of all. */
  readonly filterNote?: string;
  /** How its values are written for people; as they are unless given. */
  readonly shownAs?: 'country' | 'address';
  /** The only `scope` of a question that it goes with; any unless given. */
  readonly scope?: 'all';
}

interface Words {
  readonly one: string;
  readonly many: string;
}

/** Time is cut into buckets of the interval asked for, and cannot be filtered by: `start_date` and `end_date` do that. */
interface TimeDimension {
  readonly column: undefined;
  readonly words: Words;
  readonly scope?: undefined;
}

type Dimension = ValueDimension | TimeDimension;

/** The dimensions, in the order they are offered. */
export const DIMENSIONS = {
  time: { column: undefined, words: { one: 'Time', many: 'Times' } },
  browser: {
    column: sql`browser`,
    filter: exactFilter(sql`browser`),
    words: { one: 'Browser', many: 'Browsers' },
    example: 'Chrome,Firefox',
  },
  os: {
    column: sql`os`,
    filter: exactFilter(sql`os`),
    words: { one: 'System', many: 'Systems' },
    example: 'Windows',
  },
  country: {
    column: sql`country`,
    filter: countryFilter(sql`country`),
    fault: faultOfCountry,
    words: { one: 'Country', many: 'Countries' },
    example: 'DE,Türkiye',
    filterNote: 'Codes and English names, in any letter case.',
    shownAs: 'country',
  },
  city: {
    column: sql`city`,
    filter: exactFilter(sql`city`),
    words: { one: 'City', many: 'Cities' },
    example: 'Berlin',
  },
  referrer: {
    column: sql`referrer`,
    filter: referrerFilter(sql`referrer`),
    words: { one: 'Referrer', many: 'Referrers' },
    example: 'google.com',
    filterNote:
      'A full URL; a host for every referrer of exactly that host; a host and path without a scheme for that referrer under https and http; `Direct` for clicks without one.',
    shownAs: 'address',
  },
  short_code: {
    column: sql`short_code`,
    filter: exactFilter(sql`short_code`),
    words: { one: 'Link', many: 'Links' },
    example: 'launch',
    // With `anon` the question is about one URL, which its parameter `short_code` names.
    scope: 'all',
  },
} as const satisfies Record<string, Dimension>;

export type DimensionName = keyof typeof DIMENSIONS;

/** A dimension whose values are text and that can be filtered by: every one but time. */
export type FilterName = Exclude<DimensionName, 'time'>;

export const DIMENSION_NAMES = namesOf(DIMENSIONS);

export const FILTER_NAMES = DIMENSION_NAMES.filter((name): name is FilterName => name !== 'time');

/** The dimensions where nobody says which. */
export const DEFAULT_GROUP_BY: readonly DimensionName[] = ['time'];

export function isFilterName(name: string): name is FilterName {
  return FILTER_NAMES.some((known) => known === name);
}

/** A dimension, whichever it is. */
export function dimensionOf(name: DimensionName): Dimension {
  return DIMENSIONS[name];
}

/** Whether a dimension can be asked for with a scope. */
export function goesWith(name: DimensionName, scope: string): boolean {
  const { scope: only } = dimensionOf(name);
  return only === undefined || only === scope;
}

/** The dimensions of questions about one URL. */
export const LINK_DIMENSIONS = DIMENSION_NAMES.filter((name) => goesWith(name, 'anon'));

function faultOfCountry(value: string): string | undefined {
  if (countryCode(value) !== undefined) return undefined;
  const nearest = nearestCountryName(value);
  const hint = nearest === undefined ? 'Write it as in DE or Germany.' : `Did you mean ${nearest}?`;
  return `country cannot be "${quotable(value)}", which is no country's code or English name. ${hint}`;
}
