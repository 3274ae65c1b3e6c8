import type { Sql } from '../../sql/sql.ts';
import type { TimeRange } from '../time/buckets.ts';
import type { DimensionFilter, TagFilter } from '../sql/filters.ts';

/** What dimensions are about, in the order in which people are offered them. */
export const TOPICS = {
  source: 'Source',
  campaign: 'Campaign',
  place: 'Place',
  technology: 'Technology',
  time: 'Time',
  link: 'Link',
  property: 'Properties',
} as const;

export type Topic = keyof typeof TOPICS;

/** What clicks can be grouped by. */
export type ValueDimension = Described & Valued & (OfClicks | OfTags);

interface Described {
  /** How `sort` orders its values: as texts, or as the numbers that they are, behind which other values stand as texts. */
  readonly order: 'text' | 'number';
  /** All values it can have, where these are few. */
  readonly values?: readonly string[];
  /** Says what is wrong with a value to filter by; undefined where nothing is. Any text, or any of `values`, can be one unless given. */
  readonly fault?: (value: string) => string | undefined;
  /** What people call one of its values, and several. */
  readonly words: Words;
  /** What it tells of a click: people choose it among others of the topic. */
  readonly topic: Topic;
  /** Values to filter by, for the API document. */
  readonly example: string;
  /** What the API document says of its filter beside what it says of all. */
  readonly filterNote?: string;
  /** Whether clicks are sorted by it, so that a set of its values skips granules. */
  readonly isSortedBy?: true;
  /** How its values are written for people; as they are unless given. */
  readonly shownAs?: 'country' | 'address' | 'language' | 'hour' | 'weekday';
  /** Whether it is among those of an overview: the dashboard's lists, and a public link's by default. */
  readonly isInOverview?: true;
  /** Whether its values are long: the dashboard then has its list in one of the wide places, if there is one. */
  readonly hasLongValues?: true;
}

/**
 * Its value, a text, from a click's columns. Only what is a `localColumn` sees the local time that clicks are shown in: clicks of
 * several time zones are then counted apart.
 */
type Valued =
  | { readonly column: () => Sql; readonly localColumn?: undefined }
  | { readonly localColumn: (query: LocalQuery) => Sql; readonly column?: undefined };

/** Of clicks alone. */
interface OfClicks {
  readonly joinTags?: undefined;
  /** How a click's value is compared with what a user named; as it is unless given. */
  readonly filter?: DimensionFilter;
  /** The only `scope` of a query that it can be used with; any unless given. */
  readonly scope?: 'all';
}

/** The tags that URLs have now. A click can have several. */
interface OfTags {
  /** Joins clicks with the tags of their URLs: rows of the values of each. Clicks then count under each of them. */
  readonly joinTags: (taggedUrls: Sql) => Sql;
  readonly filter: TagFilter;
  /** Tags are their owner’s alone, and the statistics of a URL may be public. */
  readonly scope: 'all';
}

/** The local time that clicks are shown in. */
export interface LocalQuery {
  readonly timezone: string;
  readonly range: TimeRange;
  /** Whether ClickHouse shows the time zone's local time as Node does, in both periods; not known: false. */
  readonly sameClock?: boolean;
}

interface Words {
  readonly one: string;
  readonly many: string;
}

/** Time is cut into buckets of the interval asked for, and cannot be filtered by: `start_date` and `end_date` do that. */
interface TimeDimension {
  readonly column: undefined;
  readonly joinTags?: undefined;
  readonly words: Words;
  readonly topic: 'time';
  readonly values?: undefined;
  readonly shownAs?: undefined;
  readonly scope?: undefined;
  readonly isInOverview: true;
  readonly hasLongValues?: undefined;
}

export type Dimension = ValueDimension | TimeDimension;

/** A dimension's value of a click. */
export function valueSql({ column, localColumn }: Valued, query: LocalQuery): Sql {
  return localColumn === undefined ? column() : localColumn(query);
}
