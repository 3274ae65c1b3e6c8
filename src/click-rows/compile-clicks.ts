import { type Select, type Selection, as, selectFrom, statementSql, subquery } from '../sql/select.ts';
import { type Sql, identifier, join, sql } from '../sql/sql.ts';
import { type Tenant, conditionsOf } from '../stats/sql/conditions.ts';
import { instantParam } from '../stats/sql/instant-param.ts';
import { type Sharding, clicksFrom, onEachShard } from '../stats/sql/click-source.ts';
import { taggedUrlsOf } from '../stats/sql/tag.ts';
import { withStoredTags } from '../stats/sql/tag-source.ts';
import { clickColumnOf } from './columns.ts';
import { KEYS, SORT_KEYS, sortedBy } from './click-order.ts';
import type { ClickQuery } from './click-query.ts';

export interface ClickOptions {
  readonly sharding?: Sharding | undefined;
}

/**
 * A query for all clicks that it asks for, a row for each, with its columns in its order, each of the type that `CLICK_COLUMNS`
 * says. Rows come as they are read, unless they are ordered by time: then ClickHouse sorts all of them first.
 * @param tenant whose clicks it may read
 */
export function compileClicks(
  asked: ClickQuery,
  tenant: Tenant,
  { sharding, columns = ownColumns }: ClickOptions & { readonly columns?: ColumnsOf } = {},
): Sql {
  const query = withStoredTags(asked, tenant);
  const keys = query.order === undefined ? [] : SORT_KEYS[query.order];
  const clicks: Select = {
    ...joinedFor(query, clicksFrom(sharding)),
    columns: shownColumns(
      query,
      keys.map(({ name }) => name),
    ),
    where: clickConditions(query, tenant, sharding),
  };
  return statementSql({
    ...selectFrom(sharding === undefined ? subquery(clicks) : onEachShard(sharding, statementSql(clicks))),
    columns: columns(query.columns),
    orderBy: keys.map(sortedBy),
  });
}

/** What is selected of a click, each of whose columns is under its `shownName`. */
export type ColumnsOf = (names: ClickQuery['columns']) => readonly Selection[];

const ownColumns: ColumnsOf = (names) => names.map((name) => as(name, identifier(shownName(name))));

/** The conditions on the clicks of a query, the tenant's first. */
export function clickConditions(
  query: ClickQuery,
  tenant: Tenant,
  sharding: Sharding | undefined,
): readonly Sql[] {
  const { arrived } = query;
  return [
    ...conditionsOf(query, tenant, sharding),
    ...(arrived === undefined
      ? []
      : [
          sql`ingested_at >= ${instantParam(arrived.from)}`,
          sql`ingested_at < ${instantParam(arrived.before)}`,
        ]),
  ];
}

/**
 * A query's columns by their `shownName`, and keys that it is ordered by. Other names, because ClickHouse would take an alias such as `visitor` for the
 * column in the expressions beside it.
 */
export function shownColumns(query: ClickQuery, keys: readonly (keyof typeof KEYS)[]): readonly Selection[] {
  return [
    ...query.columns.map((name) => as(shownName(name), clickColumnOf(name).sql(query))),
    ...keys.map((name) => as(name, KEYS[name])),
  ];
}

/** A SELECT that reads what a query's columns need beside the clicks. */
export function joinedFor(query: ClickQuery, select: Select): Select {
  const joins = query.columns.flatMap((name) => clickColumnOf(name).join?.(taggedUrlsOf(query)) ?? []);
  if (joins.length === 0) return select;
  return { ...select, from: join([sql`${select.from} AS joined_clicks`, ...joins], '\n') };
}

export function shownName(name: string): string {
  return `shown_${name}`;
}
