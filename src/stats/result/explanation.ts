import { inlined } from '../../sql/inline.ts';
import { RESULT_SETTINGS } from '../../sql/result-settings.ts';
import { type Sql, tableOf } from '../../sql/sql.ts';
import type { Plan, VisitorPlan } from '../plan.ts';
import { CLICKS_TABLE } from '../sql/click-source.ts';
import { URLS_TABLE } from '../sql/tag-source.ts';

/** How a result was computed, and what that cost. */
export interface Explanation {
  /** The query with its values in their places. */
  readonly sql: string;
  readonly plan: {
    readonly visitors: VisitorPlan;
    readonly one_pass: boolean;
    readonly sharded: boolean;
    readonly workload: string;
  };
  readonly read_rows: number;
  readonly read_bytes: number;
  readonly clickhouse_ms: number;
  readonly cache: CacheExplanation;
}

/** What the cache has to do with a request that was not explained. */
export interface CacheExplanation {
  /** What a request would have found just before. */
  readonly outcome: 'hit' | 'miss' | 'off';
  /** Why it is a miss. */
  readonly reason: string | null;
  /** How long its response would be kept: for a second, or until clicks of its range change. */
  readonly kept: 'one_second' | 'until_changed' | 'not_at_all';
}

/** What only the one who ran it knows of a run. */
export type RunCost = Pick<Explanation, 'read_rows' | 'read_bytes' | 'clickhouse_ms' | 'cache'> & {
  readonly workload: string;
};

/** @param database in which the clicks are, for people whose connection names another one */
export function explain(
  { plan, statement }: { readonly plan: Plan; readonly statement: Sql },
  { workload, ...cost }: RunCost,
  database: string,
): Explanation {
  const text = inlined(
    statement,
    new Map([
      [CLICKS_TABLE, tableOf(database, 'clicks')],
      [URLS_TABLE, tableOf(database, 'urls')],
    ]),
  );
  const settings = Object.entries(RESULT_SETTINGS).map(([name, value]) => `${name} = ${value}`);
  return {
    sql: `${text}\nSETTINGS ${settings.join(', ')}`,
    plan: {
      visitors: plan.visitorPlan,
      one_pass: plan.isOnePass,
      sharded: plan.sharding !== undefined,
      workload,
    },
    ...cost,
  };
}
