import { type Column, writeRow } from '../lib/row-template.ts';
import { METRIC_NAMES, metricFields } from '../stats/registry/metrics.ts';
import { csvRow } from '../export/csv.ts';

/** A row of a metric list in an API response. */
export type ListRow = Readonly<Record<string, string | number | true | null>>;

/** A row of a table. */
type TableRow = Readonly<Record<string, string | number | null>>;

/** The groups of one or more dimensions with all metrics. */
export interface StatsTable {
  /** `time`, or `time_browser` for a breakdown. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

const LIST_NAME = new RegExp(`^(${METRIC_NAMES.join('|')})_by_(.*)$`);

/** Merges the lists of the same dimensions, which hold the same groups in the same order. */
export function tablesOf(metrics: Readonly<Record<string, readonly ListRow[]>>): readonly StatsTable[] {
  const tables = new Map<string, TableRow[]>();
  for (const [list, rows] of Object.entries(metrics)) {
    const [, metric = '', name = list] = LIST_NAME.exec(list) ?? [];
    const joined = tables.get(name) ?? [];
    tables.set(
      name,
      rows.map((row, place) => ({ ...joined[place], ...withMetric(metric, row) })),
    );
  }
  // Only the rows of what a limit cuts off say that they are.
  return [...tables].map(([name, rows]) => ({
    name,
    columns: [...new Set(rows.flatMap(Object.keys))],
    rows,
  }));
}

/** Fields that each metric's list has under the same name, with `compare`. */
const OF_METRIC: readonly string[] = ['previous', 'change'];

function withMetric(metric: string, row: ListRow): TableRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      OF_METRIC.includes(name) ? ofMetric(metric, name) : name,
      value === true ? 'true' : value,
    ]),
  );
}

/**
 * Formats tables as CSV with a header line and LF line ends, as shell tools expect. Several tables are concatenated: the
 * column `list` names the table, and a column that a table does not have is empty.
 */
export function csvOf(tables: readonly StatsTable[]): string {
  const several = tables.length > 1;
  const names = [...new Set([...(several ? ['list'] : []), ...dimensionsFirst(tables)])];
  if (names.length === 0) return '';
  const { escape, pieces } = csvRow(names.map((name): Column => ({ name, kind: 'text' })));
  const template = { escape, pieces: [...pieces.slice(0, -1), '\n'] };
  const lines = tables.flatMap(({ name, rows }) =>
    rows.map((row) => writeRow(template, several ? { list: name, ...row } : row)),
  );
  return `${names.join(',')}\n${lines.join('')}`;
}

const NUMBERS: ReadonlySet<string> = new Set(
  METRIC_NAMES.flatMap((metric) => [
    ...metricFields(metric),
    ...OF_METRIC.map((name) => ofMetric(metric, name)),
  ]),
);

function ofMetric(metric: string, name: string): string {
  return `${metric}_${name}`;
}

/** All column names, dimensions before metrics. */
function dimensionsFirst(tables: readonly StatsTable[]): readonly string[] {
  const all = tables.flatMap(({ columns }) => columns);
  return [...all.filter((name) => !NUMBERS.has(name)), ...all.filter((name) => NUMBERS.has(name))];
}
