import type { TimeRange } from './time/buckets.ts';
import { rangeDependedOn } from './plan-stats.ts';
import { type MetricName, metricOf } from './registry/metrics.ts';
import { isJoined, listsOf } from './metric-lists.ts';
import { countedMetrics, listMetrics } from './sql/numbers.ts';
import type { StatsQuery } from './query.ts';

/** Clicks read times the lists they are counted in, from which on a query is expensive: some 30 ms of two cores. */
export const EXPENSIVE_COST = 500_000;

/** Reading clicks takes as long as counting them in so many lists. */
const LISTS_A_READ = 4;

/** Clicks that are joined with several values each are read for their lists alone. */
const LISTS_A_JOIN = 2;

/** To know the visitors of the groups that are cut takes so many times as long. */
const TIMES_WITH_OTHERS = 1.4;

/** What cost is counted in where requests wait for each other; a cheap query costs one. */
const COST_UNIT = 50_000;

/**
 * What a query costs in comparison to others, in units of reading a click once.
 * @param rows clicks that it reads, about
 */
export function costOf(query: StatsQuery, rows: number): number {
  const lists = listsOf(query).reduce((all, list) => all + (isJoined(list) ? 1 + LISTS_A_JOIN : 1), 0);
  const counted = lists * costliest(listMetrics(query)) * (query.other === true ? TIMES_WITH_OTHERS : 1);
  // The summary is one list more.
  return (rows * (counted + costliest(countedMetrics(query)))) / LISTS_A_READ;
}

function costliest(metrics: readonly MetricName[]): number {
  return Math.max(...metrics.map((name) => metricOf(name).cost));
}

/** The weight of such a cost in a queue. */
export function queueCostOf(cost: number): number {
  return Math.max(1, cost / COST_UNIT);
}

/** The time whose clicks a query reads. */
export function rangeRead(query: StatsQuery): TimeRange {
  const { start, end } = rangeDependedOn(query);
  return { start: Math.min(end, Math.max(start, query.keptSince ?? start)), end };
}
