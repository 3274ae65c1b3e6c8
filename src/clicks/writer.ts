import { createHash } from 'node:crypto';
import type { Database, InsertOptions } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import {
  type NativeColumn,
  boolColumn,
  nullableFloatColumn,
  textColumn,
  timeColumn,
  uint64Column,
} from '../clickhouse/native.ts';
import { param, sql } from '../sql/sql.ts';
import type { ClickRow } from './types.ts';

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
const SHARED_ROWS = 50_000;
const WAITING_ROWS = 100_000;

/** Inserts clicks; answered when ClickHouse has them. */
export class ClickWriter {
  readonly #database: Database;
  readonly #shared: GroupCommit<readonly PlacedRow[], void>;

  constructor(database: Database) {
    this.#database = database;
    this.#shared = new GroupCommit((requests) => insertRows(database, requests.flat(), NO_INGEST_ID), {
      group: SHARED_ROWS,
      waiting: WAITING_ROWS,
    });
  }

  /**
   * What has a name has an insert of its own: ClickHouse knows a repeated one by its token, which is the insert's.
   * @throws AppError `unavailable` when ClickHouse is, or when too much waits to be inserted
   */
  async write(rows: readonly PlacedRow[], once?: OnceName): Promise<void> {
    if (once === undefined && rows.length <= SMALL_ROWS) await this.#shared.add(rows, rows.length);
    else await writeClicks(this.#database, rows, once);
  }
}

/**
 * Inserts clicks by themselves. With a name, a second call with it adds only what the first one did not bring in: an
 * insert is whole or absent in each partition, its rows carry its id, and ClickHouse drops a repeated token, which
 * covers a first try that is still under way.
 */
export async function writeClicks(
  database: Database,
  rows: readonly PlacedRow[],
  once?: OnceName,
): Promise<void> {
  for (const [chunk, chunkRows] of chunksOf(rows)) {
    const ingestId = once === undefined ? NO_INGEST_ID : ingestIdOf(once.name, chunk);
    const present = once?.isRetry ? await partitionsWith(database, ingestId, chunkRows) : new Set<number>();
    const missing =
      present.size === 0 ? chunkRows : chunkRows.filter(({ row }) => !present.has(monthOf(row)));
    if (missing.length === 0) continue;
    await insertRows(database, missing, ingestId, once === undefined ? {} : { token: String(ingestId) });
  }
}

function chunksOf(rows: readonly PlacedRow[]): ReadonlyMap<number, PlacedRow[]> {
  const chunks = new Map<number, PlacedRow[]>();
  for (const row of rows) {
    const number = chunkOf(row.index);
    const chunk = chunks.get(number);
    if (chunk === undefined) chunks.set(number, [row]);
    else chunk.push(row);
  }
  return chunks;
}

/** 64 bits of a hash of the name, never 0, which stands for none. */
function ingestIdOf(name: string, chunk: number): bigint {
  const bits = createHash('sha256').update(`${chunk}:${name}`).digest().readBigUInt64BE();
  return bits === 0n ? 1n : bits;
}

/** The months (partitions) in which rows of this insert are already stored. */
async function partitionsWith(
  database: Database,
  ingestId: bigint,
  rows: readonly PlacedRow[],
): Promise<ReadonlySet<number>> {
  const owners = [...new Set(rows.map(({ ownerId }) => ownerId))];
  const found = await database.rows<[number]>(
    sql`
    SELECT DISTINCT toYYYYMM(clicked_at) FROM clicks
    WHERE owner_id IN ${param('Array(String)', owners)} AND ingest_id = ${param('UInt64', String(ingestId))}`,
    { maxSeconds: MAX_SECONDS },
  );
  return new Set(found.map(([month]) => month));
}

function monthOf(row: ClickRow): number {
  const time = new Date(row.clicked_at);
  return time.getUTCFullYear() * 100 + time.getUTCMonth() + 1;
}

/** The columns of a click, in the order they are inserted. */
const COLUMNS: readonly NativeColumn<PlacedRow>[] = [
  textColumn('owner_id', ({ ownerId }) => ownerId),
  textColumn('short_code', ({ row }) => row.short_code),
  timeColumn('clicked_at', ({ row }) => row.clicked_at),
  uint64Column('visitor', ({ row }) => row.visitor),
  textColumn('browser', ({ row }) => row.browser),
  textColumn('os', ({ row }) => row.os),
  textColumn('country', ({ row }) => row.country),
  textColumn('city', ({ row }) => row.city),
  textColumn('referrer', ({ row }) => row.referrer),
  boolColumn('is_bot', ({ row }) => row.is_bot),
  nullableFloatColumn('redirect_ms', ({ row }) => row.redirect_ms),
  textColumn('click_id', ({ row }) => row.click_id),
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
