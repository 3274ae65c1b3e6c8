import type { RowEstimates } from '../../cache/row-estimates.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { StatsQuery } from '../../stats/query.ts';
import { EXPENSIVE_COST, costOf, queueCostOf } from '../../stats/query-cost.ts';

/** How expensive a query is, which decides what it waits for. */
export interface QueryClass {
  readonly isExpensive: boolean;
  readonly workload: Workload;
  /** Its cost in the queue. */
  readonly cost: number;
}

/**
 * The class of a stats query, by the clicks that it reads and what it counts in them. A query without an estimate counts as
 * expensive without a key, and with a key where it is about all URLs of the owner.
 */
export function classOf(
  query: StatsQuery,
  tenant: Tenant,
  { kind }: Holder,
  estimates: Pick<RowEstimates, 'find'>,
): QueryClass {
  const rows = estimates.find(query, tenant);
  const cost = rows === undefined ? undefined : costOf(query, rows);
  const isExpensive =
    cost === undefined ? kind === 'anonymous' || tenant.kind !== 'url' : cost >= EXPENSIVE_COST;
  const expensive = kind === 'anonymous' ? 'strangers' : 'questions';
  return {
    isExpensive,
    workload: isExpensive ? expensive : 'links',
    cost: queueCostOf(cost ?? (isExpensive ? EXPENSIVE_COST : 0)),
  };
}

/**
 * The workload of an export: a cheap one does not wait for the threads of those that read everything.
 * @param running how many exports the holder has running, this one included
 */
export function exportClassOf(
  query: StatsQuery,
  tenant: Tenant,
  { holder, running }: { readonly holder: Holder; readonly running: number },
  estimates: RowEstimates,
): Workload {
  estimates.refresh(query, tenant);
  const { isExpensive, workload } = classOf(query, tenant, holder, estimates);
  if (!isExpensive || holder.kind !== 'owner') return workload;
  return running > 1 ? 'further_exports' : 'exports';
}
