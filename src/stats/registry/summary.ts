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

/** The totals of all clicks that fit, whatever the lists show of them: some always, the others where they are asked for. */
export type Summary = { readonly [Name in keyof (Always & Asked)]: (Always & Asked)[Name] };

/** Whether an object has all that a summary has where some metrics are asked for. */
export function isSummary(values: object, asked: readonly MetricName[] = []): values is Summary {
  return summaryMetrics(asked).every((name) => Object.hasOwn(values, metricOf(name).total));
}

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
