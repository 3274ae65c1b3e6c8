import type { Sql } from '../sql/sql.ts';
import type { StatsQuery } from './query.ts';
import type { Plan } from './plan.ts';
import { type PlanOptions, planStats } from './plan-stats.ts';
import { type ComparedResult, shapeCompared } from './result/compared-result.ts';
import type { ShapedList, StatsRow } from './result/stats-result.ts';
import { compile } from './sql/compile.ts';
import type { Tenant } from './sql/conditions.ts';

/** A query as it was parsed at a moment. */
export interface Parsed {
  readonly query: StatsQuery;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A run once it is planned. */
export interface Planned extends Parsed {
  readonly plan: Plan;
}

/** A run once it is SQL. */
export interface Compiled extends Planned {
  readonly statement: Sql;
}

/** A run once ClickHouse has sent its rows. */
export interface Streamed extends Compiled {
  readonly rows: readonly StatsRow[];
}

/** A query on its way to its result: each stage fills a slot of its own and leaves the others as they are. */
export interface Run extends Streamed {
  readonly result: ComparedResult<ShapedList>;
}

/** Runs the query in ClickHouse. @throws what the database throws */
export type ReadRows = (statement: Sql) => Promise<readonly StatsRow[]>;

/**
 * Takes a query through every stage: plan, compile, stream, shape.
 * @throws what `read` throws
 */
export async function runStats(
  parsed: Parsed,
  tenant: Tenant,
  { read, ...options }: PlanOptions & { readonly read: ReadRows },
): Promise<Run> {
  return shapeRun(await streamRun(compileRun(planRun(parsed, tenant, options)), read));
}

export function planRun(parsed: Parsed, tenant: Tenant, options: PlanOptions = {}): Planned {
  return { ...parsed, plan: planStats(parsed.query, tenant, options) };
}

export function compileRun(planned: Planned): Compiled {
  return { ...planned, statement: compile(planned.plan) };
}

export async function streamRun(compiled: Compiled, read: ReadRows): Promise<Streamed> {
  return { ...compiled, rows: await read(compiled.statement) };
}

export function shapeRun(streamed: Streamed): Run {
  const { plan, rows, at } = streamed;
  return { ...streamed, result: shapeCompared(plan, rows, at) };
}
