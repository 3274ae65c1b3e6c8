import type { MetricName } from '../stats/registry/metrics.ts';

/** What makes an alert: a bound, or a change in percent against the period before. */
export type Condition =
  | { readonly kind: 'over' | 'under'; readonly metric: MetricName; readonly bound: number }
  | { readonly kind: 'change'; readonly metric: MetricName; readonly percent: number };

/** What a metric is over a window, and what it was over the period before; null: nothing. */
export interface Measured {
  readonly value: number | null;
  /** Only known where the condition is a change. */
  readonly previous: number | null;
}

/**
 * Whether a condition holds. A change by a negative percentage is a fall by as much or more, one by a positive a rise; from
 * nothing, anything is a rise. A metric without a value meets no condition.
 */
export function holds(condition: Condition, { value, previous }: Measured): boolean {
  if (value === null) return false;
  switch (condition.kind) {
    case 'over':
      return value > condition.bound;
    case 'under':
      return value < condition.bound;
    case 'change': {
      const { percent } = condition;
      const change = changeInPercent(value, previous ?? 0);
      return percent < 0 ? change <= percent : change >= percent;
    }
  }
}

/** From nothing to something is an infinite rise. */
function changeInPercent(value: number, previous: number): number {
  if (previous === 0) return value > 0 ? Infinity : 0;
  return ((value - previous) / previous) * 100;
}
