import type { RowEstimates } from '../../cache/row-estimates.ts';
import type { Workload } from '../../clickhouse/workloads.ts';
import type { Holder } from '../../fair-share/holder.ts';
import type { Tenant } from '../../stats/sql/conditions.ts';
import type { StatsQuery } from '../../stats/parse/query.ts';
import { DEAR_COST, costOf, queueCostOf } from '../../stats/query-cost.ts';

/** Who waits for whom with a query. */
export interface QueryClass {
  readonly isDear: boolean;
  readonly workload: Workload;
  /** For the queue. */
  readonly cost: number;
}

/**
 * The class of a question, by the clicks that it reads and what is counted in them. What is not known yet counts as dear for
 * a stranger, and for an owner where it is about all of their URLs.
 */
export function classOf(
  query: StatsQuery,
  tenant: Tenant,
  { kind }: Holder,
  estimates: RowEstimates,
): QueryClass {
  const rows = estimates.find(query, tenant);
  const cost = rows === undefined ? undefined : costOf(query, rows);
  const isDear = cost === undefined ? kind === 'stranger' || tenant.kind !== 'url' : cost >= DEAR_COST;
  const dear = kind === 'stranger' ? 'strangers' : 'questions';
  return { isDear, workload: isDear ? dear : 'links', cost: queueCostOf(cost ?? (isDear ? DEAR_COST : 0)) };
}

/** The class of an export: a cheap one does not wait for the threads of those that read everything. */
export function exportClassOf(
  query: StatsQuery,
  tenant: Tenant,
  holder: Holder,
  estimates: RowEstimates,
): Workload {
  estimates.refresh(query, tenant);
  const { isDear, workload } = classOf(query, tenant, holder, estimates);
  return isDear && holder.kind === 'owner' ? 'exports' : workload;
}
