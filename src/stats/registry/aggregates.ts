import { type Sql, sql } from '../../sql/sql.ts';

/** A number counted from the clicks of a group, on one server or on shards that each have some of them. */
export interface Aggregate {
  /** On one server. */
  readonly value: Sql;
  /**
   * What each shard counts of its own clicks: expressions by the names of their columns. One that is empty or begins with `_`
   * is preceded by the metric's name; any other is a column that metrics share.
   */
  readonly parts: Readonly<Record<string, Sql>>;
  /** The value from the shards' rows. */
  readonly merge: (part: (name: string) => Sql) => Sql;
}

/** What adds up over shards: clicks do, and distinct visitors, since all clicks of a visitor are on one shard. */
export function added(value: Sql): Aggregate {
  return { value, parts: { '': value }, merge: (part) => sql`sum(${part('')})` };
}

/** The mean of a column over the clicks that have it. A mean does not add up, but what it is made of does. */
export function mean(column: Sql): Aggregate {
  return {
    value: rounded(sql`avg(${column})`),
    parts: { _sum: sql`sumOrNull(${column})`, _count: sql`count(${column})` },
    merge: (part) => rounded(sql`sum(${part('_sum')}) / sum(${part('_count')})`),
  };
}

/** So many of one for each of another, where both add up; NULL where there is none of the other. */
export function perEach(many: Sql, each: Sql): Aggregate {
  // Divided after the factor, so that 201 of 200 is 1.01.
  const ratio = (part: Sql, whole: Sql): Sql => sql`floor(${part} * 100 / nullIf(${whole}, 0) + 0.5) / 100`;
  return {
    value: ratio(many, each),
    parts: { _many: many, _each: each },
    merge: (part) => ratio(sql`sum(${part('_many')})`, sql`sum(${part('_each')})`),
  };
}

/** The largest value of a column, of the clicks that have it. */
export function largest(column: Sql): Aggregate {
  const value = sql`max(${column})`;
  return { value: rounded(value), parts: { '': value }, merge: (part) => rounded(sql`max(${part('')})`) };
}

/**
 * Percentiles of a column over the clicks that have it, as PERCENTILE.INC of spreadsheets; NULL where none has it. They are
 * of one list of values: several cost hardly more than one.
 * @param shared the name of the column in which shards send their values
 */
export function percentiles(column: Sql, shared: string): Readonly<Record<'p50' | 'p95' | 'p99', Aggregate>> {
  const values = sql`quantilesExactInclusive(0.5, 0.95, 0.99)(${column})`;
  const parts = { [shared]: sql`quantilesExactInclusiveState(0.5, 0.95, 0.99)(${column})` };
  const at = (place: Sql): Aggregate => {
    const picked = (all: Sql): Sql => sql`ifNotFinite(${rounded(sql`${all}[${place}]`)}, NULL)`;
    return {
      value: picked(values),
      parts,
      merge: (part) => picked(sql`quantilesExactInclusiveMerge(0.5, 0.95, 0.99)(${part(shared)})`),
    };
  };
  return { p50: at(sql`1`), p95: at(sql`2`), p99: at(sql`3`) };
}

/** The column of a part of a metric in the shards' rows. */
export function partColumn(metric: string, part: string): string {
  return part === '' || part.startsWith('_') ? metric + part : part;
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

/** With two decimals, halves up, as `twoDecimals`. */
function rounded(value: Sql): Sql {
  return sql`floor(${value} * 100 + 0.5) / 100`;
}
