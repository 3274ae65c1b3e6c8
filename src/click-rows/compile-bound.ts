import { type Select, as, named, selectFrom, statementSql, subquery } from '../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import { clicksFrom, onEachShard } from '../stats/sql/click-source.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { withStoredTags } from '../stats/sql/tag-source.ts';
import { KEYS, SORT_KEYS, sortedBy } from './click-order.ts';
import type { ClickPosition, OrderedQuery, PlaceRow } from './click-position.ts';
import type { ClickQuery } from './click-query.ts';
import { type ClickOptions, clickConditions } from './compile-clicks.ts';
import { placeColumns, placesFrom } from './place-conditions.ts';

export interface BoundOptions extends ClickOptions {
  readonly after: ClickPosition | undefined;
}

/** How many clicks there are, up to the number asked for, and the place of the last of these. */
export type BoundRow = readonly [clicks: number, ...place: PlaceRow];

/** A query for the place by which so many clicks lie after the one of a position, in the query's range; a `BoundRow`. */
export function compileBound(
  count: number,
  asked: OrderedQuery,
  tenant: Tenant,
  { sharding, after }: BoundOptions,
): Sql {
  const query = withStoredTags<ClickQuery>({ ...asked, order: undefined }, tenant);
  const keys = SORT_KEYS[asked.order];
  const order = { orderBy: keys.map(sortedBy), limit: { rows: count } };
  const places: Select = {
    ...clicksFrom(sharding),
    columns: keys.map(({ name }) => as(name, KEYS[name])),
    where: [...clickConditions(query, tenant, sharding), ...placesFrom(after, sql`>`, tenant)],
    ...order,
  };
  const all: Select =
    sharding === undefined
      ? places
      : {
          ...selectFrom(onEachShard(sharding, statementSql(places))),
          columns: keys.map(({ name }) => named(name)),
          ...order,
        };
  const last = (name: keyof typeof KEYS): Sql | undefined => {
    const place = keys.findIndex((key) => key.name === name);
    if (place === -1) return undefined;
    const tuple = sql`tuple(${join(
      keys.map((key) => identifier(key.name)),
      ', ',
    )})`;
    const extreme = asked.order === 'newest' ? sql`min(${tuple})` : sql`max(${tuple})`;
    return sql`tupleElement(${extreme}, ${param('UInt8', place + 1)})`;
  };
  return statementSql({
    ...selectFrom(subquery(all)),
    columns: [as('clicks', sql`count()`), ...placeColumns(last)],
  });
}
