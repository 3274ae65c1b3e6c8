import { type Select, selectFrom } from '../../sql/select.ts';
import { type Sql, quoted, sql, tableOf } from '../../sql/sql.ts';

/** Clicks that are sharded over a cluster by visitor, so that each visitor's clicks are on one shard. */
export interface Sharding {
  readonly cluster: string;
  readonly database: string;
}

/** The table of clicks, in the database that a connection names. */
export const CLICKS_TABLE: Sql = sql`clicks`;

/** The table of clicks for a query that runs on one server, or on each shard. */
export function clicksFrom(sharding: Sharding | undefined): Select {
  return selectFrom(sharding === undefined ? CLICKS_TABLE : tableOf(sharding.database, 'clicks_local'));
}

/** The rows of a query that runs on each shard, over that shard's clicks. */
export function onEachShard({ cluster }: Sharding, query: Sql): Sql {
  return sql`cluster(${quoted(cluster)}, view(\n${query}\n))`;
}
