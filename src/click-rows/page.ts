import {
  ALL_COLUMNS,
  type Select,
  type Selection,
  as,
  named,
  selectFrom,
  statementSql,
  subquery,
} from '../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import type { Tenant } from '../stats/sql/conditions.ts';
import { instantParam } from '../stats/sql/instant-param.ts';
import { type Sharding, clicksFrom, onEachShard } from '../stats/sql/click-source.ts';
import { withStoredTags } from '../stats/sql/tagged-urls.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import { type ClickOptions, clickConditions, joinedFor, shownColumns, shownName } from './compile.ts';
import { KEYS, SORT_KEYS, sortedBy } from './order.ts';
import type { ClickOrder, ClickQuery } from './query.ts';

/** A query whose clicks are in an order. */
export type OrderedQuery = Omit<ClickQuery, 'order'> & { readonly order: PageOrder };

/** What pages can be in the order of: also that in which clicks arrived. */
export type PageOrder = ClickOrder | 'arrival';

/** The position of clicks in an order; several clicks can have the same one. */
export interface ClickPlace {
  /** Unix milliseconds. */
  readonly time: number;
  /** By link and by arrival. */
  readonly owner?: string;
  readonly code?: string;
  /** By arrival: Unix milliseconds. */
  readonly arrival?: number;
}

/** The position at which a page ends. A click has no key of its own, so it is identified by a hash of the columns that are shown. */
export interface ClickPosition extends ClickPlace {
  /** Hash of the last row's columns, decimal: clicks with the same place are ordered by it. */
  readonly hash: string;
  /** How many rows equal to the last one were returned, if there are more of them; not given: all were. */
  readonly given?: number;
  /** The mean time between the clicks of the page before, milliseconds. */
  readonly pace?: number;
}

/** The position after all clicks with the same place. */
export function endOf(place: ClickPlace): ClickPosition {
  return { ...place, hash: String(2n ** 64n - 1n) };
}

/** A click on a page: the values of its columns, then its place and its hash. */
export type PageRow = readonly [...values: readonly unknown[], ...position: readonly [...PlaceRow, string]];

type PlaceRow = readonly [time: number, code: string, owner: string, arrival: number];

export interface BoundOptions extends ClickOptions {
  readonly after: ClickPosition | undefined;
}

export interface PageOptions extends BoundOptions {
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
  const query = unordered({ ...asked, range: rangeBetween(asked, after, bound) }, tenant);
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

/** What is left of a query's range between two places, their own times included. */
export function rangeBetween(
  { order, range }: OrderedQuery,
  after: ClickPlace | undefined,
  bound?: ClickPlace,
): TimeRange {
  if (order === 'link' || order === 'arrival') return range;
  const [near = order === 'oldest' ? range.start : range.end, far] = [after?.time, bound?.time];
  return order === 'oldest'
    ? { start: near, end: far ?? range.end }
    : { start: far ?? range.start, end: near };
}

/**
 * The conditions on clicks from a place on, for orders other than by time. ClickHouse can use them with the sorting key. If the tenant is
 * one owner, the owner is left out, since ClickHouse would evaluate it for each part.
 */
function placesFrom(place: ClickPlace | undefined, comparison: Sql, tenant: Tenant): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const isInLink = sql`(short_code > ${code} OR clicked_at ${comparison} ${instantParam(place.time)})`;
  if (place.arrival === undefined && isOnlyOwner(tenant, place.owner))
    return [sql`short_code >= ${code}`, isInLink];
  const isInOwner = sql`(owner_id > ${owner} OR (short_code >= ${code} AND ${isInLink}))`;
  if (place.arrival === undefined) return [sql`owner_id >= ${owner}`, isInOwner];
  const arrival = instantParam(place.arrival);
  const isInArrival = sql`(ingested_at > ${arrival} OR (owner_id >= ${owner} AND ${isInOwner}))`;
  return [sql`ingested_at >= ${arrival}`, isInArrival];
}

/** The same up to a place. */
function placesUpTo(place: ClickPlace | undefined, tenant: Tenant): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const isInLink = sql`(short_code < ${code} OR clicked_at <= ${instantParam(place.time)})`;
  if (place.arrival === undefined && isOnlyOwner(tenant, place.owner))
    return [sql`short_code <= ${code}`, isInLink];
  const isInOwner = sql`(owner_id < ${owner} OR (short_code <= ${code} AND ${isInLink}))`;
  if (place.arrival === undefined) return [sql`owner_id <= ${owner}`, isInOwner];
  const arrival = instantParam(place.arrival);
  const isInArrival = sql`(ingested_at < ${arrival} OR (owner_id <= ${owner} AND ${isInOwner}))`;
  return [sql`ingested_at <= ${arrival}`, isInArrival];
}

function isOnlyOwner(tenant: Tenant, ownerId: string): boolean {
  return tenant.kind !== 'every-owner' && tenant.ownerId === ownerId;
}

/** The query with the tags that it needs, for what does not depend on its order. */
function unordered(query: OrderedQuery, tenant: Tenant): ClickQuery {
  return withStoredTags({ ...query, order: undefined }, tenant);
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
  const query = unordered(asked, tenant);
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

/** The columns of a `PlaceRow`. @param key the value of a key; undefined: the order has none */
function placeColumns(key: (name: keyof typeof KEYS) => Sql | undefined): readonly Selection[] {
  const time = (value: Sql | undefined): Sql =>
    value === undefined ? sql`0` : sql`toUnixTimestamp64Milli(${value})`;
  return [
    as('time', time(key('key_time'))),
    as('code', key('key_code') ?? sql`''`),
    as('owner', key('key_owner') ?? sql`''`),
    as('arrival', time(key('key_arrival'))),
  ];
}

export function placeOf([time, code, owner, arrival]: PlaceRow, order: PageOrder): ClickPlace {
  if (order === 'arrival') return { time, code, owner, arrival };
  return order === 'link' ? { time, code, owner } : { time };
}

/** Whether two rows have one place in the order. */
export function areOfOnePlace(one: PageRow, other: PageRow, order: PageOrder): boolean {
  const hash = '';
  return isSame({ ...positionOf(one, order), hash }, { ...positionOf(other, order), hash });
}

/**
 * The position after rows of a page that are given, once `next` is known to follow them.
 * @param after the position that the page is after
 */
export function positionAfter(
  rows: readonly PageRow[],
  next: PageRow,
  order: PageOrder,
  after: ClickPosition | undefined,
): ClickPosition {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) throw new Error('A page that another follows has rows.');
  const isByTime = order === 'newest' || order === 'oldest';
  const pace = Math.abs(positionOf(first, order).time - positionOf(last, order).time) / rows.length;
  const position = { ...positionOf(last, order), ...(isByTime && { pace }) };
  if (!isSame(positionOf(next, order), position)) return position;
  const equal = rows.filter((row) => isSame(positionOf(row, order), position)).length;
  const before = after !== undefined && isSame(after, position) ? (after.given ?? 0) : 0;
  return { ...position, given: equal + before };
}

function positionOf(row: PageRow, order: PageOrder): ClickPosition {
  const [time, code, owner, arrival, hash] = row.slice(-5);
  const place: PlaceRow = [Number(time), String(code), String(owner), Number(arrival)];
  return { ...placeOf(place, order), hash: String(hash) };
}

function isSame(one: ClickPosition, other: ClickPosition): boolean {
  return (
    one.time === other.time &&
    one.hash === other.hash &&
    one.code === other.code &&
    one.owner === other.owner &&
    one.arrival === other.arrival
  );
}
