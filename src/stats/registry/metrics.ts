import { type Sql, sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import {
  type Aggregate,
  added,
  earliest,
  latest,
  mean,
  perVisitor,
  percentiles,
  visitors,
  visitorsWithout,
} from './aggregates.ts';

/** A number that lists have for each group, and the summary for all clicks. */
export interface Metric {
  /**
   * How it is counted, and combined from shards: as it is shown, but for the time zone of an instant. What depends on
   * visitors' first clicks is given whether a click is one.
   */
  readonly aggregate: Aggregate | ((isFirstClick: Sql) => Aggregate);
  /** Counts are whole numbers, decimals have two places, an instant is shown in the time zone asked for. */
  readonly kind: 'count' | 'decimal' | 'instant';
  /** What its values are counted in; clicks or visitors unless given. */
  readonly unit?: 'ms';
  /** What it is where no click has a value. */
  readonly empty: 0 | null;
  /** Its name in the summary. */
  readonly total: string;
  /** Whether the summary always has it, or only if `metrics` names it. */
  readonly inSummary: 'always' | 'asked';
  /** Whether rows say how much of the total they are, in percent. */
  readonly hasPercentage: boolean;
  /** The cost of counting it, relative to counting clicks. A metric that costs more is counted only if it is asked for. */
  readonly cost: number;
  /** Whether it is among the default metrics. */
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

const COUNT = {
  kind: 'count',
  empty: 0,
  inSummary: 'asked',
  hasPercentage: true,
  cost: 1,
  isDefault: false,
} as const;

const INSTANT = {
  kind: 'instant',
  empty: null,
  inSummary: 'always',
  hasPercentage: false,
  cost: 1,
  isDefault: false,
} as const;

const DECIMAL = { ...COUNT, kind: 'decimal', hasPercentage: false } as const;

const REDIRECT_TIME = percentiles(sql`redirect_ms`, 'redirect_ms_values');

/** What a percentile of the redirect times has in common with the others. */
const PERCENTILE = { ...DECIMAL, empty: null, cost: 3, unit: 'ms' } as const;

/** The metrics, in the order of a response's lists and of its summary. Groups are ordered by the first that `metrics` names. */
export const METRICS = {
  clicks: {
    ...COUNT,
    aggregate: added(sql`count()`),
    total: 'total_clicks',
    inSummary: 'always',
    isDefault: true,
    label: 'Clicks',
    description: 'Clicks.',
  },
  unique_clicks: {
    ...COUNT,
    aggregate: visitors(),
    total: 'unique_clicks',
    inSummary: 'always',
    cost: 4,
    isDefault: true,
    label: 'Unique visitors',
    description: 'Distinct visitors, exactly.',
    countReturningApart: (returning) => sql`countIf(NOT ${returning}) + uniqExactIf(visitor, ${returning})`,
  },
  bot_clicks: {
    ...COUNT,
    aggregate: added(sql`countIf(is_bot)`),
    total: 'bot_clicks',
    inSummary: 'always',
    label: 'Bot clicks',
    description: 'Clicks by bots.',
  },
  first_click: {
    ...INSTANT,
    aggregate: earliest(sql`clicked_at`),
    total: 'first_click',
    label: 'First click',
    description: 'The time of the first click; null without clicks.',
  },
  last_click: {
    ...INSTANT,
    aggregate: latest(sql`clicked_at`),
    total: 'last_click',
    label: 'Last click',
    description: 'The time of the last click; null without clicks.',
  },
  avg_redirection_time: {
    ...DECIMAL,
    aggregate: mean(sql`redirect_ms`),
    total: 'avg_redirection_time',
    inSummary: 'always',
    unit: 'ms',
    label: 'Average redirect time',
    description: 'Mean of `redirect_ms`; 0 without values.',
  },
  human_clicks: {
    ...COUNT,
    aggregate: added(sql`countIf(NOT is_bot)`),
    total: 'human_clicks',
    label: 'Human clicks',
    description: 'Clicks not by bots.',
  },
  p50_redirection_time: {
    ...PERCENTILE,
    aggregate: REDIRECT_TIME.p50,
    total: 'p50_redirection_time',
    label: 'Median redirect time',
    description: 'Median of `redirect_ms`, as PERCENTILE.INC of spreadsheets; null without values.',
  },
  p95_redirection_time: {
    ...PERCENTILE,
    aggregate: REDIRECT_TIME.p95,
    total: 'p95_redirection_time',
    label: '95th percentile of redirect times',
    description: '95th percentile of `redirect_ms`, as PERCENTILE.INC of spreadsheets; null without values.',
  },
  p99_redirection_time: {
    ...PERCENTILE,
    aggregate: REDIRECT_TIME.p99,
    total: 'p99_redirection_time',
    label: '99th percentile of redirect times',
    description: '99th percentile of `redirect_ms`, as PERCENTILE.INC of spreadsheets; null without values.',
  },
  clicks_per_visitor: {
    ...DECIMAL,
    aggregate: perVisitor(sql`count()`),
    total: 'clicks_per_visitor',
    cost: 4,
    label: 'Clicks per visitor',
    description: 'Clicks per distinct visitor; 0 without clicks.',
  },
  new_visitors: {
    ...COUNT,
    aggregate: visitors,
    total: 'new_visitors',
    cost: 8,
    label: 'New visitors',
    description:
      'Visitors whose first click is among the clicks. A first click is the earliest stored click of the visitor for the owner (with `scope=anon`, for the URL), whatever the filters and the range.',
  },
  returning_visitors: {
    ...COUNT,
    aggregate: visitorsWithout,
    total: 'returning_visitors',
    cost: 8,
    label: 'Returning visitors',
    description: 'Visitors whose first click is not among the clicks.',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = namesOf(METRICS);

/** A metric, whichever it is. */
export function metricOf(name: MetricName): Metric {
  return METRICS[name];
}

/** How a metric is counted. @param isFirstClick whether a click is its visitor's first */
export function aggregateOf(name: MetricName, isFirstClick: Sql): Aggregate {
  const { aggregate } = metricOf(name);
  return typeof aggregate === 'function' ? aggregate(isFirstClick) : aggregate;
}

/** Whether clicks from before a query's range matter to a metric. */
export function needsFirstClicks(name: MetricName): boolean {
  return typeof metricOf(name).aggregate === 'function';
}

/** The default metrics. */
export const DEFAULT_METRICS = METRIC_NAMES.filter((name) => metricOf(name).isDefault);

/** The metrics that a summary has where some are asked for, in its order. */
export function summaryMetrics(asked: readonly MetricName[]): readonly MetricName[] {
  return METRIC_NAMES.filter((name) => metricOf(name).inSummary === 'always' || asked.includes(name));
}

/** The names of a row's fields for a metric: its own, and its percentage's where it has one. */
export function metricFields(name: MetricName): readonly string[] {
  return metricOf(name).hasPercentage ? [name, percentageOf(name)] : [name];
}

/** The name of the column that has what a metric was in the period compared with. */
export function previousOf(name: MetricName): string {
  return `previous_${name}`;
}

/** The name of a metric's percentage. */
export function percentageOf(name: MetricName): string {
  return `${name}_percentage`;
}
