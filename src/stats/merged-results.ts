import { listsIn } from './merge.ts';
import { isOrderOf } from './merged-orders.ts';
import type { StatsQuery } from './query.ts';
import { type ComparedResult, shapePeriods } from './result/compared-result.ts';
import type { ShapedList, StatsRow } from './result/stats-result.ts';
import type { Run } from './run-stats.ts';
import { columnsOf } from './sql/compile.ts';
import { listName } from './metric-lists.ts';
import { placeColumn } from './sql/order.ts';
import { PREVIOUS } from './sql/both-periods.ts';

/** The results of the queries that a run has counted as one, in their order. */
export function* shapeMerged(
  { plan, rows, at, result }: Run,
  queries: readonly StatsQuery[],
): Generator<ComparedResult<ShapedList>> {
  if (queries.length === 1) return yield result;
  const columns = columnsOf(plan);
  const list = columns.indexOf('list');
  const rowsByList = new Map<unknown, StatsRow[]>();
  for (const row of rows) {
    const known = rowsByList.get(row[list]);
    if (known === undefined) rowsByList.set(row[list], [row]);
    else known.push(row);
  }
  const summaries = [0, PREVIOUS].flatMap((place) => rowsByList.get(place) ?? []);
  const places = new Map(plan.lists.map((one, index) => [listName(one), index + 1]));
  for (const query of queries) {
    const order = plan.query.orders?.findIndex((one) => isOrderOf(one, query)) ?? -1;
    const place = order < 0 ? undefined : placeColumn(order);
    const own = listsIn(query, plan.query).flatMap((one, index) => {
      const counted = rowsByList.get(places.get(listName(one))) ?? [];
      const ordered = place === undefined ? counted : inOrder(counted, columns, place);
      return ordered.map((row) => row.with(list, index + 1));
    });
    const before = query.groupBy.includes('time') ? rowsByList.get(PREVIOUS + 1) : undefined;
    const ownColumns = columns.map((name) => (name === place ? 'place' : name));
    yield shapePeriods(query, { columns: ownColumns, rows: [...summaries, ...own, ...(before ?? [])] }, at);
  }
}

/** Rows as a query shows them: by time where they have one, then by their places in its order. */
function inOrder(
  rows: readonly StatsRow[],
  columns: readonly string[],
  placeName: string,
): readonly StatsRow[] {
  const [time, place] = [columns.indexOf('time'), columns.indexOf(placeName)];
  const number = (row: StatsRow, column: number): number => Number(row[column] ?? 0);
  return rows.toSorted(
    (one, other) => number(one, time) - number(other, time) || number(one, place) - number(other, place),
  );
}
