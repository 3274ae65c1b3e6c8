import { type Statement, as, named, selectFrom, statementSql } from '../../sql/select.ts';
import { identifier, join, sql } from '../../sql/sql.ts';
import type { Plan } from '../plan.ts';
import { onEachShard } from './click-source.ts';
import { countedMetrics, metricFrom } from './numbers.ts';

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
