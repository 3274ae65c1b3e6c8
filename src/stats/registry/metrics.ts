import { type Sql, sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import { type Aggregate, added } from './aggregates.ts';

/** A number that lists have for each group, and the summary for all clicks. */
export interface Metric {
  /** How it is counted, and put together from shards. */
  readonly aggregate: Aggregate;
  /** Counts are whole numbers; decimals have two places. */
  readonly kind: 'count' | 'decimal';
  /** Its name in the summary. */
  readonly total: string;
  /** Whether rows say how much of the total they are, in percent. */
  readonly hasPercentage: boolean;
  /** What counting it takes in comparison to counting clicks. What takes more is only counted where it is asked for. */
  readonly cost: number;
  /** Whether it is counted where nobody says which metrics are wanted. */
  readonly isDefault: boolean;
  /** What people call it. */
  readonly label: string;
  /** For the API document and the command line. */
  readonly description: string;
  /**
   * How it is counted where visitors with more than one click are known.
   * @param returning whether a click is of such a visitor
   */
  readonly countReturningApart?: (returning: Sql) => Sql;
}

/** The metrics, in the order of an answer's lists; groups are ordered by the first that is asked for. */
export const METRICS = {
  clicks: {
    aggregate: added(sql`count()`),
    kind: 'count',
    total: 'total_clicks',
    hasPercentage: true,
    cost: 1,
    isDefault: true,
    label: 'Clicks',
    description: 'Clicks.',
  },
  unique_clicks: {
    aggregate: added(sql`uniqExact(visitor)`),
    kind: 'count',
    total: 'unique_clicks',
    hasPercentage: true,
    cost: 4,
    isDefault: true,
    label: 'Unique visitors',
    description: 'Distinct visitors, exactly.',
    countReturningApart: (returning) => sql`countIf(NOT ${returning}) + uniqExactIf(visitor, ${returning})`,
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = namesOf(METRICS);

/** A metric, whichever it is. */
export function metricOf(name: MetricName): Metric {
  return METRICS[name];
}

/** The metrics where nobody says which. */
export const DEFAULT_METRICS = METRIC_NAMES.filter((name) => metricOf(name).isDefault);

/** The names of a row's fields for a metric: its own, and its percentage's where it has one. */
export function metricFields(name: MetricName): readonly string[] {
  return metricOf(name).hasPercentage ? [name, percentageOf(name)] : [name];
}

/** The name of a metric's percentage. */
export function percentageOf(name: MetricName): string {
  return `${name}_percentage`;
}
