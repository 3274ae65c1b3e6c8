import type { TimeRange } from './time/buckets.ts';
import { comparedRange } from './compare.ts';
import { listsOf } from './sql/lists.ts';
import type { StatsQuery } from './parse/query.ts';

/** Clicks read times the lists they are counted in, from which on a question is dear: some 30 ms of two cores. */
export const DEAR_COST = 500_000;

/** Counting the visitors of a list takes as much as so many lists of clicks. */
const VISITORS = 4;

/** What cost is counted in where requests wait for each other; a cheap question costs one. */
const COST_UNIT = 50_000;

/**
 * What a question costs in comparison to others, in units of reading a click once.
 * @param rows clicks that it reads, about
 */
export function costOf(query: StatsQuery, rows: number): number {
  const counted = query.metrics.includes('unique_clicks') ? VISITORS : 1;
  // The summary is one list more, and always has its visitors.
  return (rows * (listsOf(query).length * counted + VISITORS)) / VISITORS;
}

/** The weight of such a cost in a queue. */
export function queueCostOf(cost: number): number {
  return Math.max(1, cost / COST_UNIT);
}

/** The time whose clicks a question reads. */
export function rangeRead(query: StatsQuery): TimeRange {
  const { start, end } = comparedRange(query);
  return { start: Math.min(end, Math.max(start, query.keptSince ?? start)), end };
}
