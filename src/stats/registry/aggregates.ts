import { type Sql, sql } from '../../sql/sql.ts';

/** A number counted from the clicks of a group, on one server or on shards that each have some of them. */
export interface Aggregate {
  /** On one server. */
  readonly value: Sql;
  /** What each shard counts of its own clicks: expressions by the suffix of their columns' names. */
  readonly parts: Readonly<Record<string, Sql>>;
  /** The value from the shards' rows. */
  readonly merge: (part: (suffix: string) => Sql) => Sql;
}

/** What adds up over shards: clicks do, and distinct visitors, since all clicks of a visitor are on one shard. */
export function added(value: Sql): Aggregate {
  return { value, parts: { '': value }, merge: (part) => sql`sum(${part('')})` };
}

/** The mean of a column over the clicks that have it. A mean does not add up, but what it is made of does. */
export function mean(column: Sql): Aggregate {
  return {
    value: sql`avg(${column})`,
    parts: { _sum: sql`sumOrNull(${column})`, _count: sql`count(${column})` },
    merge: (part) => sql`sum(${part('_sum')}) / sum(${part('_count')})`,
  };
}

/** The largest value of a column, of the clicks that have it. */
export function largest(column: Sql): Aggregate {
  const value = sql`max(${column})`;
  return { value, parts: { '': value }, merge: (part) => sql`max(${part('')})` };
}

/** The first of some moments, in Unix milliseconds; of no clicks, 0 or NULL. */
export function earliest(moment: Sql): Aggregate {
  return instant(sql`min(${moment})`, (part) => sql`min(${part})`);
}

/** The last of some moments, in Unix milliseconds; of no clicks, 0 or NULL. */
export function latest(moment: Sql): Aggregate {
  return instant(sql`max(${moment})`, (part) => sql`max(${part})`);
}

function instant(moment: Sql, merge: (part: Sql) => Sql): Aggregate {
  const value = sql`toUnixTimestamp64Milli(${moment})`;
  // A shard without clicks would bring in 1970.
  return { value, parts: { '': sql`nullIf(${value}, 0)` }, merge: (part) => merge(part('')) };
}
