import { ALL_COLUMNS, type Select, as, named, selectFrom, statementSql, subquery } from '../sql/select.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import { type Tenant, conditionsOf } from '../stats/sql/conditions.ts';
import { instantParam } from '../stats/sql/instant-param.ts';
import { clicksFrom, onEachShard } from '../stats/sql/sharding.ts';
import { withStoredTags } from '../stats/sql/tagged-urls.ts';
import type { TimeRange } from '../stats/time/buckets.ts';
import { type ClickOptions, shownColumns, shownName } from './compile.ts';
import { KEYS, SORT_KEYS, sortedBy } from './order.ts';
import type { ClickOrder, ClickQuery } from './query.ts';

/** A query whose clicks are in an order. */
export type OrderedQuery = ClickQuery & { readonly order: ClickOrder };

/** Where clicks stand in an order. */
export interface ClickPlace {
  /** Unix milliseconds. */
  readonly time: number;
  /** With `order=link`, whose sorting key these are. */
  readonly owner?: string;
  readonly code?: string;
}

/** Where a page of clicks ends, and the next one goes on. A click has no key of its own, so it is told by what is shown of it. */
export interface ClickPosition extends ClickPlace {
  /** Of what is shown of the last row, decimal: clicks of one place are in the order of it. */
  readonly hash: string;
  /** How many rows that are equal to it have been given, where there are more; not given: all there were. */
  readonly given?: number;
}

/** The position behind all clicks of a place. */
export function endOf(place: ClickPlace): ClickPosition {
  return { ...place, hash: String(2n ** 64n - 1n) };
}

/** A click on a page: the values of its columns, then its place and its hash. */
export type PageRow = readonly [...values: readonly unknown[], ...position: readonly [...PlaceRow, string]];

type PlaceRow = readonly [time: number, code: string, owner: string];

export interface BoundOptions extends ClickOptions {
  readonly after: ClickPosition | undefined;
}

export interface PageOptions extends BoundOptions {
  /** The place of the last rows to look at; undefined: all that are left. */
  readonly bound: ClickPlace | undefined;
  /** Rows, at most. */
  readonly limit: number;
}

/** Orders rows of a subquery before anything is computed of them: without a limit ClickHouse would leave that out. */
const ALL_ROWS = 10 ** 15;

/** A query for the rows of a page: those after a position, in order. */
export function compileClickPage(
  asked: OrderedQuery,
  tenant: Tenant,
  { sharding, after, bound, limit }: PageOptions,
): Sql {
  const query = withStoredTags({ ...asked, range: rangeBetween(asked, after, bound) }, tenant);
  const keys = SORT_KEYS[query.order];
  const stored: Select = {
    ...clicksFrom(sharding),
    columns: [ALL_COLUMNS],
    where: [...conditionsOf(query, tenant, sharding), ...linkFrom(after, sql`>=`), ...linkUpTo(bound)],
    // Few blocks of many rows: what is computed has a price for each block.
    orderBy: keys.map(({ name, isDescending = false }) =>
      isDescending ? sql`${KEYS[name]} DESC` : KEYS[name],
    ),
    limit: { rows: ALL_ROWS },
  };
  const shown: Select = {
    ...selectFrom(sharding === undefined ? subquery(stored) : onEachShard(sharding, statementSql(stored))),
    columns: shownColumns(query),
  };
  const hashed: Select = {
    ...selectFrom(subquery(shown)),
    columns: [
      ALL_COLUMNS,
      as('key_hash', sql`sipHash64(tuple(${join(query.columns.map(shownName).map(identifier), ', ')}))`),
    ],
  };
  return statementSql({
    ...selectFrom(subquery(hashed)),
    columns: [
      ...query.columns.map((name) => named(shownName(name))),
      as('time', sql`toUnixTimestamp64Milli(key_time)`),
      named('key_code'),
      named('key_owner'),
      as('hash', sql`toString(key_hash)`),
    ],
    ...behind(after),
    orderBy: [...keys.map(sortedBy), identifier('key_hash')],
    limit: { rows: limit },
  });
}

/** What holds for rows after a position, of those from its place on. */
function behind(after: ClickPosition | undefined): Pick<Select, 'where' | 'qualify'> {
  if (after === undefined) return { where: [] };
  const { time, code, owner, hash, given } = after;
  const isThere = join(
    [
      sql`key_time = ${instantParam(time)}`,
      ...(code === undefined ? [] : [sql`key_code = ${param('String', code)}`]),
      ...(owner === undefined ? [] : [sql`key_owner = ${param('String', owner)}`]),
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
  if (order === 'link') return range;
  const [near = order === 'oldest' ? range.start : range.end, far] = [after?.time, bound?.time];
  return order === 'oldest'
    ? { start: near, end: far ?? range.end }
    : { start: far ?? range.start, end: near };
}

/** What holds for clicks from a place of a link on; comparisons that ClickHouse can look up in the sorting key. */
function linkFrom(place: ClickPlace | undefined, comparison: Sql): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const inLink = sql`(short_code > ${code} OR clicked_at ${comparison} ${instantParam(place.time)})`;
  return [sql`owner_id >= ${owner}`, sql`(owner_id > ${owner} OR (short_code >= ${code} AND ${inLink}))`];
}

/** The same up to a place. */
function linkUpTo(place: ClickPlace | undefined): readonly Sql[] {
  if (place?.owner === undefined || place.code === undefined) return [];
  const [owner, code] = [param('String', place.owner), param('String', place.code)];
  const inLink = sql`(short_code < ${code} OR clicked_at <= ${instantParam(place.time)})`;
  return [sql`owner_id <= ${owner}`, sql`(owner_id < ${owner} OR (short_code <= ${code} AND ${inLink}))`];
}

/** How many clicks there are, up to the number asked for, and the place of the last of these. */
export type BoundRow = readonly [clicks: number, ...place: PlaceRow];

/** A query for the place by which so many clicks lie behind the one of a position, in the query's range; a `BoundRow`. */
export function compileBound(
  count: number,
  asked: OrderedQuery,
  tenant: Tenant,
  { sharding, after }: BoundOptions,
): Sql {
  const query = withStoredTags(asked, tenant);
  const keys = SORT_KEYS[query.order];
  const order = { orderBy: keys.map(sortedBy), limit: { rows: count } };
  const places: Select = {
    ...clicksFrom(sharding),
    columns: keys.map(({ name }) => as(name, KEYS[name])),
    where: [...conditionsOf(query, tenant, sharding), ...linkFrom(after, sql`>`)],
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
  const last = (name: keyof typeof KEYS): Sql => {
    const place = keys.findIndex((key) => key.name === name);
    if (place === -1) return sql`''`;
    const tuple = sql`tuple(${join(
      keys.map((key) => identifier(key.name)),
      ', ',
    )})`;
    const extreme = query.order === 'newest' ? sql`min(${tuple})` : sql`max(${tuple})`;
    return sql`tupleElement(${extreme}, ${param('UInt8', place + 1)})`;
  };
  return statementSql({
    ...selectFrom(subquery(all)),
    columns: [
      as('clicks', sql`count()`),
      as('time', sql`toUnixTimestamp64Milli(${last('key_time')})`),
      as('code', last('key_code')),
      as('owner', last('key_owner')),
    ],
  });
}

export function placeOf([time, code, owner]: PlaceRow, order: ClickOrder): ClickPlace {
  return order === 'link' ? { time, code, owner } : { time };
}

/**
 * The position after rows of a page that are given, once `next` is known to follow them.
 * @param after the position that the page is after
 */
export function positionAfter(
  rows: readonly PageRow[],
  next: PageRow,
  order: ClickOrder,
  after: ClickPosition | undefined,
): ClickPosition {
  const last = rows.at(-1);
  if (last === undefined) throw new Error('A page that another follows has rows.');
  const position = positionOf(last, order);
  if (!isSame(positionOf(next, order), position)) return position;
  const equal = rows.filter((row) => isSame(positionOf(row, order), position)).length;
  const before = after !== undefined && isSame(after, position) ? (after.given ?? 0) : 0;
  return { ...position, given: equal + before };
}

function positionOf(row: PageRow, order: ClickOrder): ClickPosition {
  const [time, code, owner, hash] = row.slice(-4);
  return { ...placeOf([Number(time), String(code), String(owner)], order), hash: String(hash) };
}

function isSame(one: ClickPosition, other: ClickPosition): boolean {
  return (
    one.time === other.time && one.hash === other.hash && one.code === other.code && one.owner === other.owner
  );
}
