import type { TimeRange } from '../stats/time/buckets.ts';
import type { ClickOrder, ClickQuery } from './click-query.ts';

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

/** The place of a row; blank or 0 what its order does not go by. */
export type PlaceRow = readonly [time: number, code: string, owner: string, arrival: number];

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
