import { EMPTY, type Sql, sql } from '../../sql/sql.ts';

/** A column of the rows that groups are combined from: those of shards, or those that `other` unites. */
export interface Part {
  /** From clicks. */
  readonly counted: Sql;
  /** From the column in several rows, of which a condition may choose some: the column of all of them. */
  readonly combine: (column: Sql, condition?: Sql) => Sql;
  /** What the column says. */
  readonly read: (column: Sql) => Sql;
  /** In rows that lack it. */
  readonly absent: Sql;
  /** In its place where a click of the same visitor may be in several of the rows. */
  readonly ofGroups?: Part;
}

/** A number counted from the clicks of a group, on one server or on shards that each have some of them. */
export interface Aggregate {
  /** On one server. */
  readonly value: Sql;
  /**
   * What it is combined from, by the names of their columns. One that is empty or begins with `_` is preceded by the
   * metric's name; any other is a column that metrics share.
   */
  readonly parts: Readonly<Record<string, Part>>;
  /** The value from what its parts say. */
  readonly from: (part: (name: string) => Sql) => Sql;
}

/** What adds up over shards, and over groups: clicks do. */
export function added(value: Sql): Aggregate {
  return onePart(sum(value));
}

/** The distinct visitors of clicks, or of some of them. They add up over shards, since all clicks of a visitor are on one. */
export function visitors(condition?: Sql): Aggregate {
  return onePart(visitorsPart(condition));
}

/** The visitors none of whose clicks match a condition. */
export function visitorsWithout(condition: Sql): Aggregate {
  const [all, some] = [visitorsPart(), visitorsPart(condition)];
  return {
    value: sql`${all.counted} - ${some.counted}`,
    parts: { _all: all, _some: some },
    from: (part) => sql`${part('_all')} - ${part('_some')}`,
  };
}

function onePart(part: Part): Aggregate {
  return { value: part.counted, parts: { '': part }, from: (read) => read('') };
}

/** The mean of a column over the clicks that have it. A mean does not add up, but what it is made of does. */
export function mean(column: Sql): Aggregate {
  return {
    value: rounded(sql`avg(${column})`),
    parts: { _sum: sum(sql`sumOrNull(${column})`), _count: sum(sql`count(${column})`) },
    from: (part) => rounded(sql`${part('_sum')} / ${part('_count')}`),
  };
}

/** Clicks for each distinct visitor; NULL where there is none. */
export function perVisitor(clicks: Sql): Aggregate {
  const [many, each] = [sum(clicks), visitorsPart()];
  // Divided after the factor, so that 201 of 200 is 1.01.
  const ratio = (part: Sql, whole: Sql): Sql => sql`floor(${part} * 100 / nullIf(${whole}, 0) + 0.5) / 100`;
  return {
    value: ratio(many.counted, each.counted),
    parts: { _many: many, _each: each },
    from: (part) => ratio(part('_many'), part('_each')),
  };
}

/** The largest value of a column, of the clicks that have it. */
export function largest(column: Sql): Aggregate {
  const value = sql`max(${column})`;
  return { value: rounded(value), parts: { '': number(value, 'max') }, from: (part) => rounded(part('')) };
}

/**
 * Percentiles of a column over the clicks that have it, as PERCENTILE.INC of spreadsheets; NULL where none has it. They are
 * of one list of values: several cost hardly more than one.
 * @param shared the name of the column in which shards send their values
 */
export function percentiles(column: Sql, shared: string): Readonly<Record<'p50' | 'p95' | 'p99', Aggregate>> {
  const values = sql`quantilesExactInclusive(0.5, 0.95, 0.99)(${column})`;
  const parts = {
    [shared]: state(sql`quantilesExactInclusive`, sql`(0.5, 0.95, 0.99)`, sql`(${column})`),
  };
  const at = (place: Sql): Aggregate => {
    const picked = (all: Sql): Sql => sql`ifNotFinite(${rounded(sql`${all}[${place}]`)}, NULL)`;
    return { value: picked(values), parts, from: (part) => picked(part(shared)) };
  };
  return { p50: at(sql`1`), p95: at(sql`2`), p99: at(sql`3`) };
}

/** The column of a part of a metric in the shards' rows. */
export function partColumn(metric: string, part: string): string {
  return part === '' || part.startsWith('_') ? metric + part : part;
}

/** The first of some moments, in Unix milliseconds; of no clicks, NULL. */
export function earliest(moment: Sql): Aggregate {
  return instant(moment, 'min');
}

/** The last of some moments, in Unix milliseconds; of no clicks, NULL. */
export function latest(moment: Sql): Aggregate {
  return instant(moment, 'max');
}

function instant(moment: Sql, which: 'min' | 'max'): Aggregate {
  // Of no clicks it would be in 1970.
  const value = sql`nullIf(toUnixTimestamp64Milli(${FUNCTIONS[which]}(${moment})), 0)`;
  return { value, parts: { '': number(value, which) }, from: (part) => part('') };
}

const FUNCTIONS = { sum: sql`sum`, min: sql`min`, max: sql`max` } as const;

function sum(counted: Sql): Part {
  return number(counted, 'sum');
}

function number(counted: Sql, combined: keyof typeof FUNCTIONS): Part {
  return { counted, combine: combining(FUNCTIONS[combined], EMPTY), read: (column) => column, absent: NULL };
}

/** What an aggregate function keeps, as a column. @param given what it is counted from, in parentheses */
function state(name: Sql, parameters: Sql, given: Sql, absent = NULL): Part {
  return {
    counted: sql`${name}State${parameters}${given}`,
    combine: combining(sql`${name}MergeState`, parameters),
    read: (column) => sql`finalizeAggregation(${column})`,
    absent,
  };
}

function combining(name: Sql, parameters: Sql): Part['combine'] {
  return (column, condition) =>
    condition === undefined
      ? sql`${name}${parameters}(${column})`
      : sql`${name}If${parameters}(${column}, ${condition})`;
}

const NOBODY = sql`arrayReduce('uniqExactState', emptyArrayUInt64())`;

/** Distinct visitors: of shards their number, of groups their set, since a visitor may be in several. */
function visitorsPart(condition?: Sql): Part {
  const [name, given] =
    condition === undefined
      ? [sql`uniqExact`, sql`(visitor)`]
      : [sql`uniqExactIf`, sql`(visitor, ${condition})`];
  const set =
    condition === undefined
      ? state(name, EMPTY, given, NOBODY)
      : { ...state(sql`uniqExact`, EMPTY, EMPTY, NOBODY), counted: sql`uniqExactStateIf${given}` };
  return { ...sum(sql`${name}${given}`), ofGroups: set };
}

/** With two decimals, halves up, as `twoDecimals`. */
function rounded(value: Sql): Sql {
  return sql`floor(${value} * 100 + 0.5) / 100`;
}

const NULL = sql`NULL`;
