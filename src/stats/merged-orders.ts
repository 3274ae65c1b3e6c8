import type { StatsQuery, MetricList, ListOrder } from './query.ts';
import type { MetricName } from './registry/metrics.ts';
import { isTimeList, listName, listsOf } from './metric-lists.ts';
import { rankOf } from './sql/order.ts';

/** Whether a list has an order other than time's, and is cut. */
export function isOrdered(query: StatsQuery): boolean {
  return listsOf(query).some((list) => !isTimeList(list));
}

/**
 * How a query orders and cuts its lists; none where these are time's alone.
 * @param lists as the query has them with which it is counted
 */
export function ordersOf(query: StatsQuery, lists: readonly MetricList[]): readonly ListOrder[] {
  if (query.orders !== undefined) return renamed(query.orders, query, lists);
  const names = lists.filter((list) => !isTimeList(list)).map(listName);
  if (names.length === 0) return [];
  const { limit, offset } = query;
  return [{ ...orderOf(query), shown: [{ limit, offset, lists: names }] }];
}

/** A list of local time is named after its clock where that is not the query's. */
function renamed(
  orders: readonly ListOrder[],
  query: StatsQuery,
  lists: readonly MetricList[],
): readonly ListOrder[] {
  const newNames = new Map(listsOf(query).map((list, place) => [listName(list), lists.map(listName)[place]]));
  return orders.map((order) => ({
    ...order,
    shown: order.shown.map((groups) => ({
      ...groups,
      lists: groups.lists.map((name) => newNames.get(name) ?? name),
    })),
  }));
}

/** What the groups of a query are ordered by. */
function orderOf(query: StatsQuery): Pick<ListOrder, 'rank' | 'sort'> {
  const { sort } = query;
  const rank = rankOf(query);
  const isByRank = sort?.by === rank && sort.isDescending;
  return { rank, sort: isByRank ? undefined : sort };
}

/** Whether a query orders its groups so. */
export function isOrderOf({ rank, sort }: ListOrder, query: StatsQuery): boolean {
  return keyOf({ rank, sort }) === keyOf(orderOf(query));
}

/** Each way of ordering once. */
export function joinOrders(orders: readonly ListOrder[]): readonly ListOrder[] {
  const joined = new Map<string, ListOrder>();
  for (const order of orders) {
    const known = joined.get(keyOf(order));
    const shown = [...(known?.shown ?? []), ...order.shown];
    joined.set(keyOf(order), { ...order, shown: joinShown(shown) });
  }
  return [...joined.values()];
}

/** Each shown part of lists once, with the lists it is shown of. */
function joinShown(shown: ListOrder['shown']): ListOrder['shown'] {
  const joined = new Map<string, ListOrder['shown'][number]>();
  for (const { limit, offset = 0, lists } of shown) {
    const key = JSON.stringify([limit, offset]);
    const names = new Set([...(joined.get(key)?.lists ?? []), ...lists]);
    joined.set(key, { limit, offset, lists: [...names] });
  }
  return [...joined.values()];
}

/**
 * What a query can say of the only order there is; undefined where there are several, or lists are cut in several ways.
 * @param rank the metric that the query orders by
 */
export function onlyOrder(
  orders: readonly ListOrder[],
  rank: MetricName,
): Partial<Pick<StatsQuery, 'sort' | 'limit' | 'offset'>> | undefined {
  const [order] = orders;
  if (order === undefined) return {};
  const [shown] = order.shown;
  if (orders.length > 1 || order.shown.length > 1 || shown === undefined || order.rank !== rank)
    return undefined;
  const { limit, offset = 0 } = shown;
  return { sort: order.sort, limit, offset: offset === 0 ? undefined : offset };
}

function keyOf({ rank, sort }: Pick<ListOrder, 'rank' | 'sort'>): string {
  return JSON.stringify([rank, sort?.by, sort?.isDescending]);
}
