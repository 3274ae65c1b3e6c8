import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Shards } from '../clickhouse/cluster.ts';
import type { Database } from '../clickhouse/database.ts';
import type { InsertOptions } from '../clickhouse/insert.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import { type NativeColumn, sharedTextColumn, uint64Column } from '../clickhouse/native.ts';
import { unavailable } from '../errors.ts';
import { param, quoted, sql } from '../sql/sql.ts';
import { ROW_COLUMNS } from './click-row.ts';
import type { ClickRow } from './fields.ts';

/** A click ready to be stored, with its place in the request it came in. */
export interface PlacedRow {
  readonly index: number;
  readonly ownerId: string;
  readonly row: ClickRow;
}

/** Names an insert that may be tried again: the same name, the same rows. */
export interface OnceName {
  readonly name: string;
  /** An earlier try was begun and may have got through, in part or wholly. */
  readonly isRetry: boolean;
}

/** Finding out what an earlier try brought in reads an owner's clicks. */
const MAX_SECONDS = 60;

/** Rows in one insert. By a row's place in its request, so that a retry cuts the same pieces. */
export const CHUNK_ROWS = 200_000;

/** The number of the insert that the row at that place in its request goes into. */
export function chunkOf(index: number): number {
  return Math.floor(index / CHUNK_ROWS);
}

const NO_INGEST_ID = 0n;

/** A request of at most so many rows shares its insert with others; a larger one is an insert worth its price. */
const SMALL_ROWS = 1_000;
const SHARED_ROWS = 10_000;
const WAITING_ROWS = 100_000;

/** Inserts clicks; answered when ClickHouse has them. */
export class ClickWriter {
  readonly #database: Database;
  readonly #shards: Shards | undefined;
  readonly #shared: GroupCommit<readonly PlacedRow[], void>;

  /** @param shards how the clicks are spread, where they are */
  constructor(database: Database, shards: Shards | undefined) {
    this.#database = database;
    this.#shards = shards;
    this.#shared = new GroupCommit((requests) => insertRows(database, requests.flat(), NO_INGEST_ID), {
      group: SHARED_ROWS,
      waiting: WAITING_ROWS,
    });
  }

  /**
   * What has a name has an insert of its own: ClickHouse knows a repeated one by its token, which is the insert's.
   * @param rows of one insert: `chunkOf` is the same for all
   * @throws AppError `unavailable` when ClickHouse is, or when too much waits to be inserted
   */
  async write(rows: readonly PlacedRow[], once?: OnceName): Promise<void> {
    if (once === undefined && rows.length <= SMALL_ROWS)
      await this.#shared.add(rows, rows.length, rows[0]?.ownerId);
    else await writeClicks(this.#database, rows, once, this.#shards);
  }
}

/**
 * Inserts clicks by themselves. With a name, a second call with it adds only what the first one did not bring in: an
 * insert is whole or absent in each partition of each shard, and its rows carry its id.
 * @param rows of one insert: `chunkOf` is the same for all
 */
export async function writeClicks(
  database: Database,
  rows: readonly PlacedRow[],
  once?: OnceName,
  shards?: Shards,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const ingestId = once === undefined ? NO_INGEST_ID : ingestIdOf(once.name, chunkOf(first.index));
  if (once === undefined) await insertRows(database, rows, ingestId);
  else if (once.isRetry) await insertMissing(database, shards, rows, ingestId);
  else await insertRows(database, rows, ingestId, namedInsert(ingestId));
}

const TRIES = 5;

/**
 * ClickHouse drops a repeated token, which covers a first try that it has only just been sent. But it notes the token
 * before the rows: killed in between it drops them for good. So what is missing still, when no such insert is under way
 * any more, is inserted with another token.
 */
async function insertMissing(
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
    await insertRows(database, missing, ingestId, tried === 0 ? { queryId, token } : { queryId });
  }
  throw unavailable('Part of the clicks could not be stored: send the request again.');
}

function namedInsert(ingestId: bigint) {
  return { token: String(ingestId), queryId: `${queryIdPrefix(ingestId)}${randomUUID()}` };
}

function queryIdPrefix(ingestId: bigint): string {
  return `clicks-${ingestId}-`;
}

const POLL_MS = 20;
const LONGEST_INSERT_MS = 30_000;

/**
 * Waits until no insert of that id is under way, on no node: a shard may still be busy with the part of one whose
 * beginning is gone. @throws AppError `unavailable` when that takes long
 */
async function endOfInserts(database: Database, shards: Shards | undefined, ingestId: bigint): Promise<void> {
  const deadline = performance.now() + LONGEST_INSERT_MS;
  const processes =
    shards === undefined
      ? sql`system.processes`
      : sql`clusterAllReplicas(${quoted(shards.cluster)}, system.processes)`;
  const isRunning = sql`SELECT 1 FROM ${processes}
    WHERE startsWith(initial_query_id, ${param('String', queryIdPrefix(ingestId))}) LIMIT 1`;
  while ((await database.rows(isRunning)).length > 0) {
    if (performance.now() > deadline)
      throw unavailable('An earlier try of this request is still being stored.');
    await delay(POLL_MS);
  }
}

/** 64 bits of a hash of the name, never 0, which stands for none. */
function ingestIdOf(name: string, chunk: number): bigint {
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

/** The columns of a click, in the order they are inserted. */
const COLUMNS: readonly NativeColumn<PlacedRow>[] = [
  sharedTextColumn('owner_id', ({ ownerId }) => ownerId),
  ...ROW_COLUMNS,
];

/** The names of a click's columns as they are stored. */
export const CLICK_COLUMNS: readonly string[] = [...COLUMNS.map(({ name }) => name), 'ingest_id'];

async function insertRows(
  database: Database,
  rows: readonly PlacedRow[],
  ingestId: bigint,
  options: InsertOptions = {},
): Promise<void> {
  const columns = [...COLUMNS, uint64Column('ingest_id', () => ingestId)];
  await database.insertBlock('clicks', columns, rows, options);
}
