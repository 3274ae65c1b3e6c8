import type { Database } from '../clickhouse/database.ts';
import { join, param, sql } from '../sql/sql.ts';
import type { TagPiece } from '../stats/sql/tag-source.ts';
import { LISTING } from './stored-urls.ts';
import { urlConditions } from './url-listing.ts';

/** The most tags that are sent to shards: their texts and codes. A piece fits in a parameter, however it is escaped. */
const MAX_TAGS_BYTES = 1_048_576;
const PIECE_BYTES = 50_000;

/** The tags of URLs in pieces that each are one parameter; undefined for more than `MAX_TAGS_BYTES`. */
export async function tagPieces(
  database: Database,
  ownerId: string | undefined,
): Promise<readonly TagPiece[] | undefined> {
  const conditions = [...urlConditions({ ownerId, filter: {} }), sql`notEmpty(tags)`];
  const rows = await database.rows<[codes: string, tags: string, bytes: number]>(
    sql`SELECT arrayStringConcat(groupArray(short_code), '\n'), arrayStringConcat(groupArray(joined), '\n'),
      toUInt32(max(bytes))
    FROM (
      SELECT short_code, arrayStringConcat(tags, '\t') AS joined, length(short_code) + length(joined) + 2 AS own,
        sum(own) OVER (ORDER BY short_code ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS bytes
      FROM urls FINAL WHERE ${join(conditions, ' AND ')}
    )
    WHERE bytes - own <= ${param('UInt32', MAX_TAGS_BYTES)}
    GROUP BY intDiv(bytes, ${param('UInt32', PIECE_BYTES)})`,
    LISTING,
  );
  const isTooMuch = rows.some(([, , bytes]) => bytes > MAX_TAGS_BYTES);
  return isTooMuch ? undefined : rows.map(([codes, tags]) => [codes, tags] as const);
}
