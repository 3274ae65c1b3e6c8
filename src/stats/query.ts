import type { Sql } from '../sql/sql.ts';
import type { Filter } from './parse/filter.ts';
import type { BOT_CHOICES } from './parse/values.ts';
import type { DimensionName } from './registry/dimension-names.ts';
import type { LocalQuery } from './registry/dimension.ts';
import type { IntervalName } from './registry/intervals.ts';
import type { MetricName } from './registry/metrics.ts';
import type { TimeRange } from './time/buckets.ts';

/** Whose clicks a request is about, before anything is known of the URL or the key: names as sent, blanks around them too. */
export type Subject =
  | { readonly scope: 'all'; readonly ownerId: string | undefined }
  | { readonly scope: 'anon'; readonly shortCode: string };

/** A stats query, fully validated. */
export interface StatsQuery extends LocalQuery {
  readonly subject: Subject;
  /** Whether the range ends now: clicks from senders whose clock is ahead then belong to its last bucket. Not known: false. */
  readonly endsNow?: boolean;
  /** Whether a date lies beyond the times that clicks can be of, and the range begins or ends at their bound instead. */
  readonly isClamped?: boolean;
  readonly groupBy: readonly DimensionName[];
  readonly metrics: readonly MetricName[];
  readonly interval: IntervalName;
  readonly breakdown: boolean;
  /** Where several queries are counted as this one: each list. Unless given, they follow from the query. */
  readonly lists?: readonly MetricList[] | undefined;
  /** Where these order or cut their lists in several ways: each of them, in place of `sort`, `limit` and `offset`. */
  readonly orders?: readonly ListOrder[] | undefined;
  /** All of them hold. */
  readonly filters: readonly Filter[];
  readonly bots: (typeof BOT_CHOICES)[number];
  /** Groups kept in each list but time's; undefined: all. */
  readonly limit: number | undefined;
  /** Groups skipped in each list but time's, before those that are kept; not given: none. */
  readonly offset?: number | undefined;
  /** Whether a row of each list unites the groups that `limit` cuts off; only with a limit. */
  readonly other?: boolean;
  /** What groups are ordered by; unless given, by the first metric, the largest first. */
  readonly sort?: Sort | undefined;
  /** Older clicks are past their retention and not counted, also while they are still stored; Unix milliseconds. */
  readonly keptSince?: number | undefined;
  /** The period to compare with; null where no time lies before the range that clicks can be of. */
  readonly previous?: TimeRange | null | undefined;
  /** Rows of the tags of URLs, where the query is about tags; not given: those that are stored beside the clicks. */
  readonly taggedUrls?: Sql;
}

/** A list of a stats result, by the dimensions of its groups. */
export interface MetricList {
  readonly dimensions: readonly DimensionName[];
  /** The local time of those that depend on it; the query's unless given. */
  readonly clock?: Clock | undefined;
}

/** Local time, and the buckets that it is cut into. */
export type Clock = Pick<StatsQuery, 'timezone' | 'interval' | 'sameClock'>;

/** What the groups of lists are ordered by. */
export interface Sort {
  /**
   * A metric, also one that is not shown; a dimension, by its values: lists that lack it keep their order; or by how many
   * percent the first metric has changed.
   */
  readonly by: MetricName | DimensionName | 'change';
  readonly isDescending: boolean;
}

/** The orders in which merged queries list their groups. */
export interface ListOrder {
  /** The metric that groups are ordered by without `sort`, and when they are equal in it. */
  readonly rank: MetricName;
  readonly sort: Sort | undefined;
  /** Which groups are shown, and of which lists, by their names. */
  readonly shown: readonly (ShownGroups & { readonly lists: readonly string[] })[];
}

export type ShownGroups = Pick<StatsQuery, 'limit' | 'offset'>;
