import type { Shards } from '../clickhouse/cluster.ts';
import type { Database } from '../clickhouse/database.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import {
  ClickBlock,
  type ClickInsert,
  type ClickValues,
  type PlacedRow,
  insertBlock,
  insertRows,
} from './insert-rows.ts';
import { ingestIdOf, insertMissing, namedInsert } from './named-insert.ts';

/** Names an insert that may be tried again: the same name, the same rows. */
export interface OnceName {
  readonly name: string;
  /** An earlier try was begun and may have got through, in part or wholly. */
  readonly isRetry: boolean;
  /** The import that the rows come with. It finds out by itself what is stored, so its rows carry no id of the insert. */
  readonly importId?: bigint;
}

/** Rows in one insert. By a row's place in its request, so that a retry cuts the same pieces. */
export const CHUNK_ROWS = 200_000;

/** The number of the insert that the row at that place in its request goes into. */
export function chunkOf(index: number): number {
  return Math.floor(index / CHUNK_ROWS);
}

/** A request of at most so many rows shares its insert with others; a larger one is an insert worth its price. */
export const SMALL_ROWS = 1_000;
const SHARED_ROWS = 10_000;
const WAITING_ROWS = 100_000;

/** Inserts clicks; settles once ClickHouse has stored them. */
export class ClickWriter {
  readonly #database: Database;
  readonly #shards: Shards | undefined;
  readonly #shared: GroupCommit<readonly PlacedRow[], void>;

  /** @param shards how the clicks are sharded, where they are */
  constructor(database: Database, shards: Shards | undefined) {
    this.#database = database;
    this.#shards = shards;
    this.#shared = new GroupCommit((requests) => insertRows(database, requests.flat(), {}), {
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

  /**
   * The same of rows that are a block already, in an insert of its own. It cannot be that of a retry.
   * @throws AppError `unavailable` when ClickHouse is
   */
  async writeBlock(block: ClickValues): Promise<void> {
    await insertBlock(this.#database, block);
  }
}

/** A block for the rows of an insert. @param first its first row */
export function clickBlock(once: OnceName | undefined, first: PlacedRow): ClickBlock {
  return new ClickBlock(insertOf(once, first));
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
  if (once?.isRetry === true)
    return insertMissing(database, shards, rows, ingestIdOf(once.name, chunkOf(first.index)));
  return insertRows(database, rows, insertOf(once, first));
}

function insertOf(once: OnceName | undefined, { index }: PlacedRow): ClickInsert {
  if (once === undefined) return {};
  const ingestId = ingestIdOf(once.name, chunkOf(index));
  const origin = once.importId === undefined ? { ingestId } : { importId: once.importId };
  return { ...origin, options: namedInsert(ingestId) };
}
