import { type AnswerHead, type SummaryRow, shapeHead } from './result-head.ts';
import { SUMMARY_COLUMNS } from '../sql/compile.ts';
import { type MetricList, listsOf } from '../sql/lists.ts';
import { METRICS, type MetricName, percentage } from '../registry/metrics.ts';
import type { StatsQuery } from '../parse/query.ts';
import { TimeFields } from '../time/time-fields.ts';

/** A row of a compiled query. */
export type StatsRow = readonly (string | number | null)[];

/** The rows of a compiled query, and their columns: those of `columnsOf`, and perhaps others. */
export interface StatsRows {
  readonly columns: readonly string[];
  readonly rows: readonly StatsRow[];
}

type ListRow = Readonly<Record<string, string | number>>;

/** An answer of the statistics API. */
export interface StatsAnswer<List = readonly ListRow[]> extends AnswerHead {
  readonly metrics: Readonly<Record<string, List>>;
  readonly group_counts: Readonly<Record<string, number>>;
}

/** A list that is made as it is gone through, since it can have thousands of rows. */
export type ShapedList = Iterable<ListRow>;

/** A group of a list before it is shown: its dimensions' fields and its numbers. */
interface Group {
  readonly fields: ListRow;
  readonly counts: Readonly<Record<MetricName, number>>;
}

/**
 * Shapes the rows of a compiled query into the answer: names, labels, gaps filled, percentages.
 * @param now Unix milliseconds
 */
export function shapeAnswer(
  query: StatsQuery,
  { columns, rows }: StatsRows,
  now: number,
): StatsAnswer<ShapedList> {
  const read = columnReader(columns);
  const head = shapeHead(query, totalsOf(rows, read), now);
  const rowsByList = groupRows(rows, (row) => read(row, 'list'));
  const metrics: Record<string, ShapedList> = {};
  const groupCounts: Record<string, number> = {};
  const timeFields = new TimeFields(query);
  listsOf(query).forEach((list, index) => {
    const listRows = rowsByList.get(index + 1) ?? [];
    const name = list.dimensions.join('_');
    for (const metric of query.metrics) {
      const total = head.summary[METRICS[metric].total];
      metrics[`${metric}_by_${name}`] = new LazyList(function* () {
        for (const { fields, counts } of groupsOf(list, listRows, read, timeFields)) {
          const count = counts[metric];
          yield { ...fields, [metric]: count, [`${metric}_percentage`]: percentage(count, total) };
        }
      });
    }
    if (name !== 'time')
      groupCounts[name] = listRows[0] === undefined ? 0 : Number(read(listRows[0], 'groups'));
  });
  return { ...head, metrics, group_counts: groupCounts };
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
function totalsOf(rows: readonly StatsRow[], read: ReadColumn): SummaryRow {
  const summary = rows.find((row) => read(row, 'list') === 0);
  if (summary === undefined) throw new Error('The summary row is missing.');
  return ['clicks', 'unique_clicks', ...SUMMARY_COLUMNS].map((column) => {
    const value = read(summary, column);
    return typeof value === 'number' ? value : null;
  });
}

type ReadColumn = (row: StatsRow, column: string) => string | number | null;

function columnReader(columns: readonly string[]): ReadColumn {
  const places = new Map(columns.map((name, index) => [name, index]));
  return (row, column) => row[places.get(column) ?? -1] ?? null;
}

function* groupsOf(
  { dimensions }: MetricList,
  rows: readonly StatsRow[],
  read: ReadColumn,
  timeFields: TimeFields,
): Generator<Group> {
  const counts = (row: StatsRow) => ({
    clicks: Number(read(row, 'clicks')),
    unique_clicks: Number(read(row, 'unique_clicks')),
  });
  if (dimensions.length === 1 && dimensions[0] === 'time') {
    const byBucket = new Map(rows.map((row) => [read(row, 'time'), row]));
    for (const start of timeFields.starts()) {
      const row = byBucket.get(start);
      yield {
        fields: timeFields.of(start),
        counts: row === undefined ? { clicks: 0, unique_clicks: 0 } : counts(row),
      };
    }
    return;
  }
  for (const row of rows) {
    const fields: Record<string, string | number> = {};
    for (const dimension of dimensions) {
      const value = read(row, dimension) ?? '';
      if (dimension === 'time') Object.assign(fields, timeFields.of(Number(value)));
      else fields[dimension] = value;
    }
    yield { fields, counts: counts(row) };
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
