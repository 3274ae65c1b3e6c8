import { createHash } from 'node:crypto';
import type { Database } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
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

const NO_INGEST_ID = '0';

/** The columns of a click, in the order they are inserted. */
export const CLICK_COLUMNS = [
  'owner_id',
  'short_code',
  'clicked_at',
  'visitor',
  'browser',
  'os',
  'country',
  'city',
  'referrer',
  'is_bot',
  'redirect_ms',
  'click_id',
  'ingest_id',
];

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
    this.#shared = new GroupCommit(
      (requests) => database.insert('clicks', CLICK_COLUMNS, lines(requests.flat(), NO_INGEST_ID)),
      { group: SHARED_ROWS, waiting: WAITING_ROWS },
    );
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
    await database.insert(
      'clicks',
      CLICK_COLUMNS,
      lines(missing, ingestId),
      once === undefined ? {} : { token: ingestId },
    );
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
function ingestIdOf(name: string, chunk: number): string {
  const bits = createHash('sha256').update(`${chunk}:${name}`).digest().readBigUInt64BE();
  return String(bits === 0n ? 1n : bits);
}

/** The months (partitions) in which rows of this insert are already stored. */
async function partitionsWith(
  database: Database,
  ingestId: string,
  rows: readonly PlacedRow[],
): Promise<ReadonlySet<number>> {
  const owners = [...new Set(rows.map(({ ownerId }) => ownerId))];
  const found = await database.rows<[number]>(
    sql`
    SELECT DISTINCT toYYYYMM(clicked_at) FROM clicks
    WHERE owner_id IN ${param('Array(String)', owners)} AND ingest_id = ${param('UInt64', ingestId)}`,
    { maxSeconds: MAX_SECONDS },
  );
  return new Set(found.map(([month]) => month));
}

function monthOf(row: ClickRow): number {
  const time = new Date(row.clicked_at);
  return time.getUTCFullYear() * 100 + time.getUTCMonth() + 1;
}

function* lines(rows: readonly PlacedRow[], ingestId: string): Generator<string> {
  for (const { ownerId, row } of rows) {
    yield JSON.stringify([
      ownerId,
      row.short_code,
      // Decimal seconds: ClickHouse takes a bare number of 13 digits for seconds.
      (row.clicked_at / 1000).toFixed(3),
      String(row.visitor),
      row.browser,
      row.os,
      row.country,
      row.city,
      row.referrer,
      row.is_bot,
      row.redirect_ms,
      row.click_id,
      ingestId,
    ]);
  }
}
