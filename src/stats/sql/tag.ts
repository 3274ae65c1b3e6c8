import { type Sql, param, sql } from '../../sql/sql.ts';
import { NONE } from '../../lib/none.ts';
import type { TagFilter } from './filters.ts';

/* A click has the tags that its URL has now. */

/** Of a click that is joined with the tags of its URL, one of them. */
export function tagColumn(): Sql {
  return sql`if(notEmpty(url_tag), url_tag, ${none()})`;
}

/** Joins clicks with the tags of their URLs: as many rows as tags, one where there is none. */
export function joinedTags(taggedUrls: Sql): Sql {
  return sql`LEFT JOIN ${taggedUrls} AS url_tags ON short_code = url_tags.code`;
}

/** All tags of the URL of a click that is joined with them, in their order. */
export function tagList(): Sql {
  return sql`url_tag_list`;
}

/** Joins clicks with the lists of their URLs' tags: each stays one row. */
export function joinedTagLists(taggedUrls: Sql): Sql {
  const lists = sql`SELECT code AS tagged_code, groupArray(url_tag) AS url_tag_list FROM ${taggedUrls} GROUP BY code`;
  return sql`LEFT JOIN (${lists}) AS url_tag_lists ON short_code = tagged_code`;
}

/** One of the tags is compared, or what is shown where there is none. Codes are in the sorting key, so that granules are skipped. */
export const tagFilter: TagFilter = (_, { compare }, compared, taggedUrls) => {
  const matching = sql`SELECT code FROM ${taggedUrls} WHERE ${compare(sql`url_tag`, compared)}`;
  const isUntagged = sql`${compare(none(), compared)} AND short_code NOT IN (SELECT code FROM ${taggedUrls})`;
  return sql`(short_code IN (${matching}) OR (${isUntagged}))`;
};

function none(): Sql {
  return sql`${param('String', NONE)}`;
}

/** The tagged URLs of a query that is about tags. @throws Error where it lacks them */
export function taggedUrlsOf({ taggedUrls }: { readonly taggedUrls?: Sql }): Sql {
  if (taggedUrls === undefined) throw new Error('A query about tags has the tagged URLs.');
  return taggedUrls;
}
