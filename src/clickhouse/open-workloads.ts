import { availableParallelism } from 'node:os';
import type { ClickHouseSettings } from '@clickhouse/client';
import { sql } from '../sql/sql.ts';
import type { Database } from './database.ts';
import { type QueryLimits, WORKLOADS, type WorkloadSettings, type WorkloadShare } from './workloads.ts';

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
