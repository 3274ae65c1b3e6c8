import { namesOf } from '../../lib/names.ts';
import { percentage, ratio } from '../../lib/rounding.ts';
import { METRICS, type MetricName, metricOf, summaryMetrics } from './metrics.ts';

type Metrics = typeof METRICS;

interface ValueOf {
  readonly count: number;
  readonly decimal: number;
  readonly instant: string;
}

type Shown<Name extends MetricName> =
  ValueOf[Metrics[Name]['kind']] | (Metrics[Name]['empty'] extends null ? null : never);

type InSummary<When extends 'always' | 'asked'> = {
  [Name in MetricName]: Metrics[Name]['inSummary'] extends When ? Name : never;
}[MetricName];

type Always = { readonly [Name in InSummary<'always'> as Metrics[Name]['total']]: Shown<Name> };
type Asked = { readonly [Name in InSummary<'asked'> as Metrics[Name]['total']]?: Shown<Name> };

/** The totals of all matching clicks, whatever the lists show of them: some always, the others if `metrics` names them. */
export type Summary = { readonly [Name in keyof (Always & Asked)]: (Always & Asked)[Name] };

/** Whether an object has all fields of a summary for these `metrics`. */
export function isSummary(values: object, asked: readonly MetricName[] = []): values is Summary {
  return summaryMetrics(asked).every((name) => Object.hasOwn(values, metricOf(name).total));
}

/** Rates computed from the summary if it has clicks, in the order of `computed_metrics`. */
export const RATES = {
  unique_click_rate: {
    of: (summary) => percentage(summary.unique_clicks, summary.total_clicks),
    description: 'Distinct visitors in percent of clicks.',
    isPercentage: true,
    label: 'Unique clicks',
    isInOverview: false,
  },
  repeat_click_rate: {
    of: (summary) => percentage(summary.total_clicks - summary.unique_clicks, summary.total_clicks),
    description: "Clicks beyond each visitor's first, in percent of clicks.",
    isPercentage: true,
    label: 'Repeat clicks',
    isInOverview: true,
  },
  average_clicks_per_visitor: {
    of: (summary) => ratio(summary.total_clicks, summary.unique_clicks),
    description: 'Clicks per distinct visitor.',
    isPercentage: false,
    label: 'Clicks per visitor',
    isInOverview: true,
  },
} as const satisfies Record<string, Rate>;

interface Rate {
  readonly of: (summary: Summary) => number;
  readonly description: string;
  readonly isPercentage: boolean;
  /** What people call it. */
  readonly label: string;
  /** Whether the dashboard shows it beside the totals: of two that make up the whole, one is enough. */
  readonly isInOverview: boolean;
}

export type ComputedMetrics = { readonly [Name in keyof typeof RATES]: number };

export const RATE_NAMES = namesOf(RATES);
