import { type StatsHead, type SummaryNumbers, shapeHead, shownMetric } from './result-head.ts';
import { percentage } from '../../lib/rounding.ts';
import { changeOf, emptyBefore } from './change.ts';
import { isTimeList, listsOf } from '../metric-lists.ts';
import type { MetricList, StatsQuery } from '../query.ts';
import { countedMetrics } from '../sql/numbers.ts';
import { type MetricName, metricOf, percentageOf, previousOf } from '../registry/metrics.ts';
import { TimeFields } from '../time/time-fields.ts';

/** A row of a compiled query. */
export type StatsRow = readonly (string | number | null)[];

/** The rows of a compiled query, and their columns: those of `columnsOf`. */
export interface StatsRows {
  readonly columns: readonly string[];
  readonly rows: readonly StatsRow[];
}

type ListRow = Readonly<Record<string, string | number | true | null>>;

/** The response to a stats request. */
export interface StatsResult<List = readonly ListRow[]> extends StatsHead {
  readonly metrics: Readonly<Record<string, List>>;
  readonly group_counts: Readonly<Record<string, number>>;
}

/** A list whose rows are made as it is iterated, since it can have thousands of them. */
export type ShapedList = Iterable<ListRow>;

/** A group of a list before it is shown: its dimensions' fields, and the row that it was read from if it has clicks. */
interface Group {
  readonly fields: ListRow;
  readonly row: StatsRow | undefined;
  /** When its bucket begins (Unix seconds), in time's own list. */
  readonly start?: number;
}

/**
 * Shapes the rows of a compiled query into a stats result: names, labels, gaps filled, percentages.
 * @param now Unix milliseconds
 */
export function shapeStats(
  query: StatsQuery,
  { columns, rows }: StatsRows,
  now: number,
): StatsResult<ShapedList> {
  const read = columnReader(columns);
  const head = shapeHead(query, summaryNumbers(query, rows, read), now);
  const rowsByList = groupRows(rows, (row) => read(row, 'list'));
  const metrics: Record<string, ShapedList> = {};
  const groupCounts: Record<string, number> = {};
  const timeFields = new TimeFields(query);
  listsOf(query).forEach((list, index) => {
    const counted = rowsByList.get(index + 1) ?? [];
    const listRows = isTimeList(list) ? counted : counted.filter((row) => isShown(row, query, read));
    const name = list.dimensions.join('_');
    for (const metric of query.metrics) {
      const withNumbers = numberWriter(metric, read, head);
      const withChange = changeWriter(metric, read, query);
      metrics[`${metric}_by_${name}`] = new LazyList(function* () {
        for (const group of groupsOf(list, listRows, read, timeFields)) {
          yield withChange(group, withNumbers(group));
        }
      });
    }
    if (!isTimeList(list))
      groupCounts[name] = counted[0] === undefined ? 0 : Number(read(counted[0], 'groups'));
  });
  return { ...head, metrics, group_counts: groupCounts };
}

/** Whether a group is not only there to say how many its list has, or for another query that was counted with this one. */
function isShown(row: StatsRow, { offset = 0, limit = Infinity }: StatsQuery, read: ReadColumn): boolean {
  const place = read(row, 'place');
  if (place === null || read(row, 'other') === 1) return true;
  return Number(place) > offset && Number(place) <= offset + limit;
}

/** Adds a metric to the fields of a group, and what part of the total it is where the metric says so. */
function numberWriter(
  metric: MetricName,
  read: ReadColumn,
  { summary, timezone }: StatsHead,
): (group: Group) => ListRow {
  const { hasPercentage, total } = metricOf(metric);
  const whole = Number(new Map<string, unknown>(Object.entries(summary)).get(total));
  const percentageName = percentageOf(metric);
  return ({ fields, row }) => {
    const value = shownMetric(metric, row === undefined ? null : numberIn(row, metric, read), timezone);
    return hasPercentage
      ? { ...fields, [metric]: value, [percentageName]: percentage(Number(value), whole) }
      : { ...fields, [metric]: value };
  };
}

/** Adds what a metric was in the period compared with, where there is one, and how it has changed. */
function changeWriter(
  metric: MetricName,
  read: ReadColumn,
  query: StatsQuery,
): (group: Group, fields: ListRow) => ListRow {
  if (query.previous === undefined) return (_, fields) => fields;
  const column = previousOf(metric);
  const empty = emptyBefore(metric, query);
  return ({ row, start = 0 }, fields) => {
    const counted = row === undefined ? null : numberIn(row, column, read);
    const previous =
      row === undefined ? empty(start) : counted && shownMetric(metric, counted, query.timezone);
    return { ...fields, previous, change: changeOf(fields[metric] ?? null, previous) };
  };
}

function groupRows<Key>(
  rows: readonly StatsRow[],
  keyOf: (row: StatsRow) => Key,
): ReadonlyMap<Key, StatsRow[]> {
  const groups = new Map<Key, StatsRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** @throws Error without a summary, which there always is */
function summaryNumbers(query: StatsQuery, rows: readonly StatsRow[], read: ReadColumn): SummaryNumbers {
  const summary = rows.find((row) => read(row, 'list') === 0);
  if (summary === undefined) throw new Error('The summary row is missing.');
  return Object.fromEntries(countedMetrics(query).map((name) => [name, numberIn(summary, name, read)]));
}

function numberIn(row: StatsRow, column: string, read: ReadColumn): number | null {
  const value = read(row, column);
  return typeof value === 'number' ? value : null;
}

type ReadColumn = (row: StatsRow, column: string) => string | number | null;

function columnReader(columns: readonly string[]): ReadColumn {
  const places = new Map(columns.map((name, index) => [name, index]));
  return (row, column) => row[places.get(column) ?? -1] ?? null;
}

function* groupsOf(
  list: MetricList,
  rows: readonly StatsRow[],
  read: ReadColumn,
  timeFields: TimeFields,
): Generator<Group> {
  if (isTimeList(list)) {
    const byBucket = new Map(rows.map((row) => [read(row, 'time'), row]));
    for (const start of timeFields.starts()) {
      yield { fields: timeFields.of(start), row: byBucket.get(start), start };
    }
    return;
  }
  for (const row of rows) {
    const isOther = read(row, 'other') === 1;
    const fields: Record<string, string | number | true | null> = {};
    for (const dimension of list.dimensions) {
      const value = read(row, dimension) ?? '';
      if (dimension === 'time') Object.assign(fields, timeFields.of(Number(value)));
      else fields[dimension] = isOther ? null : value;
    }
    if (isOther) fields['other'] = true;
    yield { fields, row };
  }
}

class LazyList<Item> implements Iterable<Item> {
  readonly #make: () => Iterator<Item>;

  constructor(make: () => Iterator<Item>) {
    this.#make = make;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#make();
  }
}
