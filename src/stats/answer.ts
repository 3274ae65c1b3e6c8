import { formatInstant, formatWithOffset } from '../values/time-zone.ts';
import { type Bucket, buckets } from './buckets.ts';
import { SUMMARY_COLUMNS } from './compile.ts';
import type { DimensionName } from './dimensions.ts';
import { INTERVALS, type IntervalName } from './intervals.ts';
import { type MetricList, listsOf } from './lists.ts';
import { METRICS, type MetricName, percentage, ratio, twoDecimals } from './metrics.ts';
import type { StatsQuery } from './query.ts';

/** A row of a compiled query. */
export type StatsRow = readonly (string | number | null)[];

/** The rows of a compiled query, and their columns: those of `columnsOf`, and perhaps others. */
export interface StatsRows {
  readonly columns: readonly string[];
  readonly rows: readonly StatsRow[];
}

type ListRow = Readonly<Record<string, string | number>>;

export interface Summary {
  readonly total_clicks: number;
  readonly unique_clicks: number;
  readonly bot_clicks: number;
  readonly first_click: string | null;
  readonly last_click: string | null;
  readonly avg_redirection_time: number;
}

export interface TimeBucketInfo {
  readonly strategy: (typeof INTERVALS)[IntervalName]['strategy'];
  readonly interval_minutes: number;
  readonly display_format: string;
  readonly mongo_format: string;
  readonly timezone: string;
}

export interface ComputedMetrics {
  readonly unique_click_rate: number;
  readonly repeat_click_rate: number;
  readonly average_clicks_per_visitor: number;
}

/** An answer of the statistics API, fields in the order they are sent. */
export interface StatsAnswer<List = readonly ListRow[]> {
  readonly scope: 'all' | 'anon';
  readonly short_code?: string;
  readonly api_version: 'v1';
  readonly generated_at: string;
  readonly filters: StatsQuery['filters'];
  readonly group_by: readonly DimensionName[];
  readonly timezone: string;
  readonly time_range: { readonly start_date: string; readonly end_date: string };
  readonly time_bucket_info?: TimeBucketInfo;
  readonly summary: Summary;
  readonly computed_metrics?: ComputedMetrics;
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

/** An answer without its lists. */
export type AnswerHead = Omit<StatsAnswer, 'metrics' | 'group_counts'>;

/** The totals of a query, columns as `summaryColumns` gives them: clicks, visitors, bots, first, last, average. */
export type SummaryRow = readonly (number | null)[];

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

/**
 * An answer's fields but its lists.
 * @param now Unix milliseconds
 */
export function shapeHead(query: StatsQuery, totals: SummaryRow, now: number): AnswerHead {
  const { subject, range, timezone, groupBy } = query;
  const summary = shapeSummary(query, totals);
  return {
    scope: subject.scope,
    ...(subject.scope === 'anon' ? { short_code: subject.shortCode } : {}),
    api_version: 'v1',
    generated_at: new Date(now).toISOString(),
    filters: query.filters,
    group_by: groupBy,
    timezone,
    time_range: {
      start_date: formatInstant(range.start, timezone),
      end_date: formatInstant(range.end, timezone),
    },
    ...(groupBy.includes('time') ? { time_bucket_info: bucketInfo(query) } : {}),
    summary,
    ...(summary.total_clicks === 0 ? {} : { computed_metrics: computed(summary) }),
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

function shapeSummary({ timezone }: StatsQuery, totals: SummaryRow): Summary {
  const [clicks, visitors, bots, first, last, average] = totals;
  const time = (value: number | null | undefined): string | null =>
    typeof value === 'number' && clicks !== 0 ? formatInstant(value, timezone) : null;
  return {
    total_clicks: clicks ?? 0,
    unique_clicks: visitors ?? 0,
    bot_clicks: bots ?? 0,
    first_click: time(first),
    last_click: time(last),
    avg_redirection_time: twoDecimals(average ?? 0),
  };
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

/** The fields that tell a time bucket, each made once. */
class TimeFields {
  readonly #query: StatsQuery;
  #buckets: ReadonlyMap<number, Bucket> | undefined;
  readonly #fields = new Map<number, ListRow>();

  constructor(query: StatsQuery) {
    this.#query = query;
  }

  /** Of all buckets in order, Unix seconds. */
  starts(): Iterable<number> {
    return this.#all.keys();
  }

  /** @param start Unix seconds, of a bucket */
  of(start: number): ListRow {
    const known = this.#fields.get(start);
    if (known !== undefined) return known;
    const bucket = this.#all.get(start);
    if (bucket === undefined) throw new Error('ClickHouse has a time bucket that the range has not.');
    const fields = { time: bucket.label, bucket_start: formatWithOffset(bucket.start, bucket.offset) };
    this.#fields.set(start, fields);
    return fields;
  }

  get #all(): ReadonlyMap<number, Bucket> {
    const { interval, range, timezone } = this.#query;
    this.#buckets ??= new Map(
      [...buckets(interval, range, timezone)].map((bucket) => [bucket.start / 1000, bucket]),
    );
    return this.#buckets;
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

function bucketInfo({ interval, timezone }: StatsQuery): TimeBucketInfo {
  const { strategy, interval_minutes, display_format } = INTERVALS[interval];
  return { strategy, interval_minutes, display_format, mongo_format: display_format, timezone };
}

function computed({ total_clicks: clicks, unique_clicks: visitors }: Summary): ComputedMetrics {
  return {
    unique_click_rate: percentage(visitors, clicks),
    repeat_click_rate: percentage(clicks - visitors, clicks),
    average_clicks_per_visitor: ratio(clicks, visitors),
  };
}
