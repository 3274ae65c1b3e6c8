import type { ClickHouseSettings } from '@clickhouse/client';
import type { Config } from '../config.ts';

export interface WorkloadShare {
  /** Threads that all queries of the class have together, in units of the machine's cores; undefined: any number. */
  readonly cores: number | undefined;
  /** Of ClickHouse's memory, what the queries of the class have together. */
  readonly memory: number;
  /** How many run at once: each has an equal part of that memory, and half of it before it uses the disk. */
  readonly concurrent: (limits: QueryLimits) => number;
  /** Of ClickHouse's memory, the most for one query, where that is more than its part. */
  readonly most?: number;
}

/** How many queries of each kind Spoor lets run at once. */
export interface QueryLimits {
  readonly cheapQueries: number;
  readonly expensiveQueries: number;
  readonly exports: number;
}

/** The limits that follow from the settings. Half of all stats queries may be ones that read much. */
export function queryLimits({
  maxQueries,
  maxExports,
}: Pick<Config, 'maxQueries' | 'maxExports'>): QueryLimits {
  const expensiveQueries = Math.max(1, Math.floor(maxQueries / 2));
  return { cheapQueries: maxQueries, expensiveQueries, exports: maxExports };
}

/**
 * The classes that queries are of. A thread that runs is not interrupted, so the classes that must never wait have no bound
 * of threads, and those that run for long have one. All memory together is less than what there is: the rest is for
 * inserts and merges.
 *
 * Memory is shared out by a bound for each query, not by ClickHouse's own reservations (`CREATE RESOURCE … (MEMORY RESERVATION)`):
 * with those, queries whose clients have left stay in the queue (26.7).
 */
export const WORKLOADS = {
  /** Clicks that come in. */
  intake: { cores: undefined, memory: 1, concurrent: () => 3 },
  /** Look-ups of keys and URLs, and pings. */
  lookups: { cores: undefined, memory: 1, concurrent: () => 8 },
  /** Stats queries that read little, such as those of one link. */
  links: { cores: undefined, memory: 0.2, concurrent: ({ cheapQueries }) => cheapQueries },
  /** Stats queries that read much. */
  questions: { cores: 1, memory: 0.3, concurrent: ({ expensiveQueries }) => expensiveQueries },
  /** They need much memory where they cannot spill to disk. */
  exports: { cores: 1, memory: 0.3, concurrent: ({ exports }) => exports, most: 1 / 3 },
  /** Exports of an owner who has one running. They share the memory of `exports`, since there are no more of both together. */
  further_exports: { cores: 0.5, memory: 0.3, concurrent: ({ exports }) => exports, most: 1 / 3 },
  /** Stats queries that read much, and exports, without a key. */
  strangers: { cores: 1, memory: 0.3, concurrent: ({ expensiveQueries }) => expensiveQueries },
  /** Stats queries that needed more memory than their class has. */
  large: { cores: 1, memory: 1 / 3, concurrent: () => 1 },
} as const satisfies Record<string, WorkloadShare>;

export type Workload = keyof typeof WORKLOADS;

/** The settings of queries, by class. */
export type WorkloadSettings = Readonly<Partial<Record<Workload, ClickHouseSettings>>>;
