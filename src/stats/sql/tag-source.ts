import { sourceSql } from '../../sql/select.ts';
import { type Sql, param, sql } from '../../sql/sql.ts';
import { conditionsIn } from '../parse/filter.ts';
import type { StatsQuery } from '../query.ts';
import { isOfTags } from '../registry/dimension-names.ts';
import { type Tenant, ownershipOf } from './conditions.ts';

/** The table of URLs, in the database that a connection names. */
export const URLS_TABLE: Sql = sql`urls`;

/** What a query groups or filters clicks by, or shows of them, that depends on the tags of their URLs; undefined where nothing does. */
export function dimensionOfTags({
  groupBy,
  filters,
  columns = [],
}: Pick<StatsQuery, 'groupBy' | 'filters'> & { readonly columns?: readonly string[] }): string | undefined {
  return [...groupBy, ...columns, ...conditionsIn(filters).map(({ dimension }) => dimension)].find(isOfTags);
}

/** A query about tags has the tagged URLs: those that are stored unless it has others. */
export function withStoredTags<Query extends StatsQuery>(query: Query, tenant: Tenant): Query {
  if (query.taggedUrls !== undefined || dimensionOfTags(query) === undefined) return query;
  return { ...query, taggedUrls: storedTags(tenant) };
}

/** The tags of a tenant's URLs where these are stored: a row for each tag of a URL, with `code` and `url_tag`. */
function storedTags(tenant: Tenant): Sql {
  const stored = { from: sql`${URLS_TABLE} FINAL`, where: [...ownershipOf(tenant), sql`NOT is_deleted`] };
  return sql`(
SELECT short_code AS code, arrayJoin(tags) AS url_tag
${sourceSql(stored)}
)`;
}

/** URLs with their tags: codes, each before a line feed, and as many lists of tags, which tabs separate. */
export type TagPiece = readonly [codes: string, tags: string];

/** The same rows where the URLs are not stored: on shards. */
export function givenTags(pieces: readonly TagPiece[]): Sql {
  // No code is empty.
  const all = pieces.length === 0 ? [['', ''] as const] : pieces;
  const [codes, tags] = [all.map(([piece]) => piece), all.map(([, piece]) => piece)];
  return sql`(
SELECT url.1 AS code, arrayJoin(splitByChar('\\t', url.2)) AS url_tag
FROM (
SELECT arrayJoin(arrayZip(splitByChar('\\n', piece.1), splitByChar('\\n', piece.2))) AS url
FROM (
SELECT arrayJoin(arrayZip(${param('Array(String)', codes)}, ${param('Array(String)', tags)})) AS piece
)
)
)`;
}
