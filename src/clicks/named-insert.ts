import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Shards } from '../clickhouse/cluster.ts';
import type { Database } from '../clickhouse/database.ts';
import { unavailable } from '../errors.ts';
import { type Sql, param, quoted, sql } from '../sql/sql.ts';
import type { ClickRow } from './click-schema.ts';
import { type PlacedRow, insertRows } from './insert-rows.ts';

/** Finding out what an earlier try brought in reads an owner's clicks. */
const MAX_SECONDS = 60;

const TRIES = 5;

/**
 * ClickHouse drops a repeated token, which covers a first try that it has only just been sent. But it notes the token
 * before the rows: killed in between it drops them for good. So what is missing still, when no such insert is under way
 * any more, is inserted with another token.
 */
export async function insertMissing(
  database: Database,
  shards: Shards | undefined,
  rows: readonly PlacedRow[],
  ingestId: bigint,
): Promise<void> {
  for (let tried = 0; tried < TRIES; tried++) {
    await endOfInserts(database, shards, ingestId);
    const present = await placesWith(database, shards, ingestId, rows);
    const missing = rows.filter(({ row }) => !present.has(placeName(shardOf(shards, row), monthOf(row))));
    if (missing.length === 0) return;
    const { queryId, token } = namedInsert(ingestId);
    await insertRows(database, missing, {
      ingestId,
      options: tried === 0 ? { queryId, token } : { queryId },
    });
  }
  throw unavailable('Part of the clicks could not be stored: send the request again.');
}

export function namedInsert(ingestId: bigint) {
  return {
    token: String(ingestId),
    queryId: `${queryIdPrefix(ingestId)}${randomUUID()}`,
  };
}

function queryIdPrefix(ingestId: bigint): string {
  return `${QUERY_ID_PREFIX}${ingestId}-`;
}

const QUERY_ID_PREFIX = 'clicks-';

const POLL_MS = 20;
const LONGEST_INSERT_MS = 30_000;

/**
 * Waits until no insert of that id is under way, on no node: a shard may still be busy with the part of one whose
 * beginning is gone. @throws AppError `unavailable` when that takes long
 */
async function endOfInserts(
  database: Pick<Database, 'rows'>,
  shards: Shards | undefined,
  ingestId: bigint,
): Promise<void> {
  await endOf(
    database,
    shards,
    sql`startsWith(initial_query_id, ${param('String', queryIdPrefix(ingestId))})`,
  );
}

/**
 * Waits until the named inserts that are under way now have ended, on every node, of any process.
 * @param prefix of their queries' ids: those of clicks unless given
 * @throws AppError `unavailable` when that takes long
 */
export async function endOfNamedInserts(
  database: Pick<Database, 'rows'>,
  shards: Shards | undefined,
  prefix = QUERY_ID_PREFIX,
): Promise<void> {
  const running = await database.rows<[string]>(sql`
    SELECT DISTINCT initial_query_id FROM ${processesOf(shards)}
    WHERE startsWith(initial_query_id, ${param('String', prefix)})`);
  if (running.length === 0) return;
  await endOf(database, shards, sql`initial_query_id IN ${param('Array(String)', running.flat())}`);
}

async function endOf(
  database: Pick<Database, 'rows'>,
  shards: Shards | undefined,
  inserts: Sql,
): Promise<void> {
  const deadline = performance.now() + LONGEST_INSERT_MS;
  const isRunning = sql`SELECT 1 FROM ${processesOf(shards)} WHERE ${inserts} LIMIT 1`;
  while ((await database.rows(isRunning)).length > 0) {
    if (performance.now() > deadline)
      throw unavailable('An earlier try of this request is still being stored.');
    await delay(POLL_MS);
  }
}

function processesOf(shards: Shards | undefined): Sql {
  return shards === undefined
    ? sql`system.processes`
    : sql`clusterAllReplicas(${quoted(shards.cluster)}, system.processes)`;
}

/** 64 bits of a hash of the name, never 0, which stands for none. */
export function ingestIdOf(name: string, chunk: number): bigint {
  const bits = createHash('sha256').update(`${chunk}:${name}`).digest().readBigUInt64BE();
  return bits === 0n ? 1n : bits;
}

/** The places, partitions of shards, in which rows of this insert are already stored. */
async function placesWith(
  database: Database,
  shards: Shards | undefined,
  ingestId: bigint,
  rows: readonly PlacedRow[],
): Promise<ReadonlySet<string>> {
  const owners = [...new Set(rows.map(({ ownerId }) => ownerId))];
  const shard = shards === undefined ? sql`${param('UInt32', ONE_TABLE)}` : sql`_shard_num`;
  const found = await database.rows<[number, number]>(
    sql`
    SELECT DISTINCT ${shard}, toYYYYMM(clicked_at) FROM clicks
    WHERE owner_id IN ${param('Array(String)', owners)} AND ingest_id = ${param('UInt64', String(ingestId))}`,
    { maxSeconds: MAX_SECONDS },
  );
  return new Set(found.map(([shard, month]) => placeName(shard, month)));
}

function placeName(shard: number, month: number): string {
  return `${shard}:${month}`;
}

const ONE_TABLE = 0;

/** As ClickHouse deals rows out to the shards of a `Distributed` table over `visitor`. */
export function shardOf(shards: Shards | undefined, { visitor }: Pick<ClickRow, 'visitor'>): number {
  if (shards === undefined) return ONE_TABLE;
  return shards.slots[Number(visitor % BigInt(shards.slots.length))] ?? ONE_TABLE;
}

function monthOf(row: ClickRow): number {
  const time = new Date(row.clicked_at);
  return time.getUTCFullYear() * 100 + time.getUTCMonth() + 1;
}
