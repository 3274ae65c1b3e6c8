import { availableParallelism } from 'node:os';
import type { ClickHouseSettings } from '@clickhouse/client';
import type { Config } from '../config.ts';
import { sql } from '../sql/sql.ts';
import type { Database } from './database.ts';

interface WorkloadShare {
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

export interface WorkloadOptions {
  /** Bytes that the server may use in all; 0 where it does not say. */
  readonly memory: number;
  readonly limits: QueryLimits;
  /** Nobody else uses the server, and nothing runs on it yet. */
  readonly isEmbedded: boolean;
}

/**
 * Makes the classes known to a server, as its workloads, and says what queries of each are told. Where the user may not
 * make workloads, or the server knows none, each query has its own bounds alone.
 */
export async function openWorkloads(server: Database, options: WorkloadOptions): Promise<WorkloadSettings> {
  const areMade = await makeWorkloads(server, options);
  const settings = Object.entries<WorkloadShare>(WORKLOADS).map(([name, share]) => [
    name,
    { ...(areMade ? { workload: nameOf(name) } : {}), ...memoryLimits(share, options) },
  ]);
  return Object.fromEntries(settings);
}

/**
 * It uses the disk from half of its share on, so that a heavy query stays exact; the cap leaves room above that, because
 * hash tables grow by doubling and are merged afterwards.
 */
function memoryLimits(share: WorkloadShare, { memory: total, limits }: WorkloadOptions): ClickHouseSettings {
  if (total === 0) return {};
  const each = Math.floor((total * share.memory) / share.concurrent(limits));
  const onDisk = String(Math.floor(each / 2));
  return {
    max_memory_usage: String(Math.max(each, Math.floor(total * (share.most ?? 0)))),
    max_bytes_before_external_group_by: onDisk,
    max_bytes_before_external_sort: onDisk,
  };
}

const ROOT = 'spoor';

async function makeWorkloads(server: Database, { isEmbedded }: WorkloadOptions): Promise<boolean> {
  try {
    const existing = await server.rows<[string, string]>(sql`SELECT name, parent FROM system.workloads`);
    const known = new Set(existing.map(([name]) => name));
    // An administrator may have changed them; the embedded engine keeps them too, and its machine may have changed.
    if (!isEmbedded && [ROOT, ...Object.keys(WORKLOADS).map(nameOf)].every((name) => known.has(name)))
      return true;
    // A server has one resource of a kind, whoever made it, and one root.
    await server
      .commandText('CREATE RESOURCE IF NOT EXISTS spoor_cpu (MASTER THREAD, WORKER THREAD)')
      .catch(() => {});
    const root = existing.find(([, parent]) => parent === '')?.[0] ?? ROOT;
    await server.commandText(
      `CREATE WORKLOAD IF NOT EXISTS ${ROOT}${root === ROOT ? '' : ` IN ${quotedName(root)}`}`,
    );
    const create = isEmbedded ? 'CREATE OR REPLACE WORKLOAD' : 'CREATE WORKLOAD IF NOT EXISTS';
    for (const [name, { cores }] of Object.entries<WorkloadShare>(WORKLOADS)) {
      const bound =
        cores === undefined
          ? ''
          : ` SETTINGS max_concurrent_threads = ${Math.max(1, Math.floor(cores * availableParallelism()))}`;
      await server.commandText(`${create} ${nameOf(name)} IN ${ROOT}${bound}`);
    }
    return true;
  } catch {
    return false;
  }
}

function nameOf(workload: string): string {
  return `spoor_${workload}`;
}

function quotedName(name: string): string {
  return `\`${name.replaceAll(/[`\\]/g, String.raw`\$&`)}\``;
}
