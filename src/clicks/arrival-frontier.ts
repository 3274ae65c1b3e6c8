import type { Shards } from '../clickhouse/cluster.ts';
import type { Database } from '../clickhouse/database.ts';
import { type Sql, quoted, sql } from '../sql/sql.ts';

/** Slack: ClickHouse measures how long an insert has run with another clock than that of `ingested_at`, which may be set meanwhile. */
const MARGIN_MS = 10;

/**
 * The time (Unix ms, by ClickHouse's clock) before which no further click arrives, through any instance: every click with an earlier
 * `ingested_at` is visible to queries that begin from now on. An insert stamps its clicks after it has begun, and they are visible when
 * it ends. So that time is now, or the beginning of the oldest insert that is under way, on any node.
 */
export async function arrivalFrontier(
  database: Pick<Database, 'rows'>,
  shards: Pick<Shards, 'cluster'> | undefined,
): Promise<number> {
  const [[frontier] = [0]] = await database.rows<[number]>(
    sql`SELECT min(frontier) FROM ${frontiers(shards)}`,
  );
  return frontier;
}

/** Looks up the frontier for all callers. One query runs at a time; callers that come meanwhile share the next one. */
export class SharedFrontier {
  readonly #ask: () => Promise<number>;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
  }

  /** As `arrivalFrontier` at a moment after the call. @throws as that */
  async get(): Promise<number> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  async #begin(): Promise<number> {
    this.#next = undefined;
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}

/**
 * Whether every click has its `ingested_at` stored: clicks from before there was that column get it by a mutation in the background, and
 * until then have the time at which they are read.
 */
export async function haveArrivalTimes(
  database: Pick<Database, 'rows'>,
  shards: Pick<Shards, 'cluster'> | undefined,
): Promise<boolean> {
  const mutations =
    shards === undefined
      ? sql`system.mutations`
      : sql`clusterAllReplicas(${quoted(shards.cluster)}, system.mutations)`;
  const [[pending] = [0]] = await database.rows<[number]>(
    sql`SELECT count() FROM ${mutations}
      WHERE database = currentDatabase() AND table IN ('clicks', 'clicks_local')
        AND command LIKE '%UPDATE ingested_at%' AND NOT is_done`,
  );
  return pending === 0;
}

/** That of each node. ClickHouse takes the time before it looks at what runs. */
function frontiers(shards: Pick<Shards, 'cluster'> | undefined): Sql {
  const ofNode = sql`
    SELECT toUnixTimestamp64Milli(now64(3)) - maxOrDefault(toInt64(ceil(elapsed * 1000)) + ${margin()}) AS frontier
    FROM system.processes
    WHERE query_kind IN ('Insert', 'AsyncInsertFlush') AND position(query, 'clicks') > 0
      AND (current_database = currentDatabase() OR position(query, currentDatabase()) > 0)`;
  return shards === undefined
    ? sql`(${ofNode})`
    : sql`clusterAllReplicas(${quoted(shards.cluster)}, view(${ofNode}))`;
}

function margin(): Sql {
  return { kind: 'sql', texts: [String(MARGIN_MS)], values: [] };
}
