import { ALL_COLUMNS, type Select, as, selectFrom, statementSql, subquery } from '../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import { type Sharding, clicksFrom, onEachShard } from '../stats/sql/click-source.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { instantParam } from '../stats/sql/instant-param.ts';
import { withStoredTags } from '../stats/sql/tag-source.ts';
import { KEYS, SORT_KEYS } from './click-order.ts';
import { type ClickPlace, type ClickPosition, type OrderedQuery, rangeBetween } from './click-position.ts';
import type { ClickQuery } from './click-query.ts';
import { type ClickOptions, clickConditions, joinedFor, shownColumns, shownName } from './compile-clicks.ts';
import { placeColumns, placesFrom, placesUpTo } from './place-conditions.ts';

export interface PageOptions extends ClickOptions {
  /** The position that the page is after; undefined: it is the first. */
  readonly after: ClickPosition | undefined;
  /** The place of the last rows to look at; undefined: all that are left. */
  readonly bound: ClickPlace | undefined;
  /** Rows, at most. */
  readonly limit: number;
  /** Only so many clicks are looked at, the first ones in order; of those of one place, any. All unless given. */
  readonly candidates?: number;
}

/** Orders rows of a subquery before anything is computed of them: without a limit ClickHouse would leave that out. */
const ALL_ROWS = 10 ** 15;

/** A query for the rows of a page: those after a position, in order. */
export function compileClickPage(
  asked: OrderedQuery,
  tenant: Tenant,
  { sharding, after, bound, limit, candidates = ALL_ROWS }: PageOptions,
): Sql {
  const keys = SORT_KEYS[asked.order];
  const range = rangeBetween(asked, after, bound);
  const query = withStoredTags<ClickQuery>({ ...asked, range, order: undefined }, tenant);
  const byPlace = keys.map(({ name, isDescending = false }) =>
    isDescending ? sql`${KEYS[name]} DESC` : KEYS[name],
  );
  // Few blocks of many rows: what is computed has a price for each block.
  const stored: Select = {
    ...clicksFrom(sharding),
    columns: [ALL_COLUMNS],
    where: [
      ...clickConditions(query, tenant, sharding),
      ...placesFrom(after, sql`>=`, tenant),
      ...placesUpTo(bound, tenant),
    ],
    orderBy: byPlace,
    limit: { rows: candidates },
  };
  // Behind the first candidates of all shards, those of some of them are missing.
  const ofAllShards = (cluster: Sharding): Select => ({
    ...selectFrom(onEachShard(cluster, statementSql(stored))),
    columns: [ALL_COLUMNS],
    orderBy: byPlace,
    limit: { rows: candidates },
  });
  const isKey = (name: keyof typeof KEYS): boolean => keys.some((key) => key.name === name);
  const shown = join(query.columns.map(shownName).map(identifier), ', ');
  return statementSql({
    ...joinedFor(query, selectFrom(subquery(sharding === undefined ? stored : ofAllShards(sharding)))),
    columns: [
      ...shownColumns(query, []),
      // Each key is a column more to be read.
      ...placeColumns((name) => (isKey(name) ? KEYS[name] : undefined)),
      as('hash', sql`toString(sipHash64(tuple(${shown})) AS key_hash)`),
    ],
    ...behind(after),
    orderBy: [...byPlace, identifier('key_hash')],
    limit: { rows: limit },
  });
}

/** The condition on rows after a position, among those from its place on. */
function behind(after: ClickPosition | undefined): Pick<Select, 'where' | 'qualify'> {
  if (after === undefined) return { where: [] };
  const { time, code, owner, arrival, hash, given } = after;
  const isThere = join(
    [
      sql`${KEYS.key_time} = ${instantParam(time)}`,
      ...(code === undefined ? [] : [sql`${KEYS.key_code} = ${param('String', code)}`]),
      ...(owner === undefined ? [] : [sql`${KEYS.key_owner} = ${param('String', owner)}`]),
      ...(arrival === undefined ? [] : [sql`${KEYS.key_arrival} = ${instantParam(arrival)}`]),
    ],
    ' AND ',
  );
  const isBefore = (than: Sql): Sql => sql`NOT (${isThere} AND key_hash ${than} ${param('UInt64', hash)})`;
  if (given === undefined) return { where: [isBefore(sql`<=`)] };
  const isEqual = sql`${isThere} AND key_hash = ${param('UInt64', hash)}`;
  const copy = sql`row_number() OVER (PARTITION BY ${isEqual})`;
  return {
    where: [isBefore(sql`<`)],
    qualify: sql`NOT (${isEqual} AND ${copy} <= ${param('UInt64', given)})`,
  };
}
