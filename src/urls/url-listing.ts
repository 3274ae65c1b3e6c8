import { type Sql, param, sql } from '../sql/sql.ts';

/** What URLs can be listed by: the columns of an order, by the names that clients give it. */
export const URL_SORTS = {
  created_at: sql`created_at`,
  short_code: sql`short_code`,
  alias: sql`short_code`,
} as const satisfies Readonly<Record<string, Sql>>;

export type UrlSort = keyof typeof URL_SORTS;

/** Which URLs to list; all that is said holds. */
export interface UrlFilter {
  /** Unix milliseconds, included. */
  readonly createdAfter?: number | undefined;
  /** Unix milliseconds, included. */
  readonly createdBefore?: number | undefined;
  /** A text in the code or the long URL, in any case. */
  readonly search?: string | undefined;
  /** One of its tags, as it is. */
  readonly tag?: string | undefined;
}

/** A part of the URLs in an order. */
export interface UrlListing {
  /** undefined: everybody's. */
  readonly ownerId: string | undefined;
  readonly filter: UrlFilter;
  readonly sort: UrlSort;
  readonly isDescending: boolean;
  /** In the order of codes alone: only those after this code. */
  readonly after?: string | undefined;
  /** How many of them to leave out before the first one. */
  readonly offset: number;
  readonly limit: number;
}

/** The conditions of URLs that a listing is a part of, wherever it begins. */
export function urlConditions({ ownerId, filter }: Pick<UrlListing, 'ownerId' | 'filter'>): readonly Sql[] {
  const { createdAfter, createdBefore, search, tag } = filter;
  const instant = (milliseconds: number): Sql =>
    sql`fromUnixTimestamp64Milli(${param('Int64', milliseconds)}, 'UTC')`;
  const text = search === undefined ? undefined : param('String', search);
  return [
    sql`NOT is_deleted`,
    ownerId === undefined ? undefined : sql`owner_id = ${param('String', ownerId)}`,
    createdAfter === undefined ? undefined : sql`created_at >= ${instant(createdAfter)}`,
    createdBefore === undefined ? undefined : sql`created_at <= ${instant(createdBefore)}`,
    text &&
      sql`(positionCaseInsensitiveUTF8(short_code, ${text}) > 0
        OR positionCaseInsensitiveUTF8(ifNull(long_url, ''), ${text}) > 0)`,
    tag === undefined ? undefined : sql`has(tags, ${param('String', tag)})`,
  ].filter((condition) => condition !== undefined);
}

/** The order of a listing, which is the same each time. */
export function urlOrder({ sort, isDescending }: Pick<UrlListing, 'sort' | 'isDescending'>): Sql {
  return isDescending ? sql`${URL_SORTS[sort]} DESC, short_code DESC` : sql`${URL_SORTS[sort]}, short_code`;
}
