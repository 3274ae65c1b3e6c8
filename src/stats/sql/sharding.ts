import { type Sql, quoted, sql, tableOf } from '../../sql/sql.ts';

/** Clicks that are spread over the shards of a cluster by visitor, so that each visitor's clicks are on one shard. */
export interface Spread {
  readonly cluster: string;
  readonly database: string;
}

/** The table that a query which is to run on one server, or on each shard, reads clicks from. */
export function clicksTable(spread: Spread | undefined): Sql {
  return spread === undefined ? sql`clicks` : tableOf(spread.database, 'clicks_local');
}

/**
 * The rows of a query that each shard answers by itself from its own clicks. It is one query there, whatever its parts:
 * one view of the shard's clicks, and only its result travels.
 */
export function onEachShard({ cluster }: Spread, query: Sql): Sql {
  return sql`cluster(${quoted(cluster)}, view(
${query}
))`;
}
