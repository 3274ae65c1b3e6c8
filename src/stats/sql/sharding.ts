import { type Select, type Statement, as, named, selectFrom, statementSql } from '../../sql/select.ts';
import { type Sql, identifier, join, quoted, sql, tableOf } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { countedMetrics, metricFrom } from './numbers.ts';

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

/**
 * Adds up what each shard has counted of its own clicks. It is one query on a shard, whatever its parts: one view of the
 * shard's clicks, and only its result travels.
 */
export function mergeShards(statement: Statement, { query, sharding }: Plan): Statement {
  if (sharding === undefined) return statement;
  const names = ['list', ...query.groupBy];
  // The table's name stands before: without it an alias would be taken for the column.
  const numbers = countedMetrics(query).map((name) =>
    as(
      name,
      metricFrom(name, query, (column, { combine }) => combine(sql`shards.${identifier(column)}`)),
    ),
  );
  return {
    ...selectFrom(sql`${onEachShard(sharding, statementSql(statement))} AS shards`),
    columns: [...names.map(named), ...numbers],
    groupBy: join(names.map(identifier), ', '),
  };
}
