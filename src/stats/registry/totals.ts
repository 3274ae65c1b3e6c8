import { sql } from '../../sql/sql.ts';
import { namesOf } from '../../lib/names.ts';
import { percentage, ratio } from '../../lib/rounding.ts';
import { type Aggregate, added, earliest, latest, mean } from './aggregates.ts';
import { METRICS, METRIC_NAMES, type MetricName } from './metrics.ts';

/** A number that only the summary has. */
export interface Total {
  readonly aggregate: Aggregate;
  /** An instant is shown in the time zone asked for; null where there are no clicks. */
  readonly kind: 'count' | 'decimal' | 'instant';
  /** For the API document. */
  readonly description: string;
}

/** What the summary has beside the metrics' totals, in its order. */
export const TOTALS = {
  bot_clicks: {
    aggregate: added(sql`countIf(is_bot)`),
    kind: 'count',
    description: 'Clicks of programs, among the total.',
  },
  first_click: {
    aggregate: earliest(sql`clicked_at`),
    kind: 'instant',
    description: 'When the first of the clicks happened; null where there are none.',
  },
  last_click: {
    aggregate: latest(sql`clicked_at`),
    kind: 'instant',
    description: 'When the last of the clicks happened; null where there are none.',
  },
  avg_redirection_time: {
    aggregate: mean(sql`redirect_ms`),
    kind: 'decimal',
    description: 'Milliseconds, over the clicks that tell; 0 where none does.',
  },
} as const satisfies Record<string, Total> & NotAMetric;

/** Names that metrics or their totals have already. */
type NotAMetric = {
  readonly [Name in MetricName | (typeof METRICS)[MetricName]['total']]?: never;
};

export type TotalName = keyof typeof TOTALS;

export const TOTAL_NAMES = namesOf(TOTALS);

/** A total, whichever it is. */
export function totalOf(name: TotalName): Total {
  return TOTALS[name];
}

interface ValueOf {
  readonly count: number;
  readonly decimal: number;
  readonly instant: string | null;
}

type MetricTotals = { readonly [Name in MetricName as (typeof METRICS)[Name]['total']]: number };
type OtherTotals = { readonly [Name in TotalName]: ValueOf[(typeof TOTALS)[Name]['kind']] };

/** The totals of all clicks that fit, whatever the lists show of them. */
export type Summary = {
  readonly [Name in keyof (MetricTotals & OtherTotals)]: (MetricTotals & OtherTotals)[Name];
};

/** Whether an object has all that a summary has. */
export function isSummary(values: object): values is Summary {
  return [...METRIC_NAMES.map((name) => METRICS[name].total), ...TOTAL_NAMES].every((name) =>
    Object.hasOwn(values, name),
  );
}

/** What a summary is made of, in its order: metrics by their own names, then totals. */
export const SUMMARY_REGISTRY = { ...METRICS, ...TOTALS } as const;

export const SUMMARY_COLUMNS = namesOf(SUMMARY_REGISTRY);

/** What follows from a summary with clicks in it, in the order of an answer's `computed_metrics`. */
export const RATES = {
  unique_click_rate: {
    of: (summary) => percentage(summary.unique_clicks, summary.total_clicks),
    description: 'Visitors in percent of clicks.',
    isPercentage: true,
  },
  repeat_click_rate: {
    of: (summary) => percentage(summary.total_clicks - summary.unique_clicks, summary.total_clicks),
    description: 'The rest to 100.',
    isPercentage: true,
  },
  average_clicks_per_visitor: {
    of: (summary) => ratio(summary.total_clicks, summary.unique_clicks),
    description: 'Clicks for each visitor.',
    isPercentage: false,
  },
} as const satisfies Record<string, Rate>;

interface Rate {
  readonly of: (summary: Summary) => number;
  readonly description: string;
  readonly isPercentage: boolean;
}

export type ComputedMetrics = { readonly [Name in keyof typeof RATES]: number };

export const RATE_NAMES = namesOf(RATES);
