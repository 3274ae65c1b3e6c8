import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import type { NativeValues } from './native-block.ts';
import { ONE_BLOCK } from './settings.ts';

export interface InsertOptions {
  /**
   * A second insert with the same token is dropped, as long as ClickHouse remembers it. Without one nothing is: two
   * equal inserts are two inserts.
   */
  readonly token?: string;
  /** What ClickHouse calls the running insert. */
  readonly queryId?: string;
}

export interface LineInsertOptions extends InsertOptions {
  /** A SELECT from `input(…)` that makes the columns of what the lines have; never with a client's value in it. */
  readonly select?: string;
}

/** Rows on their way into a table. */
export interface Insert {
  readonly table: string;
  readonly columns: readonly string[];
  readonly format: 'JSONCompactEachRow' | 'Native';
  /** A SELECT from `input(…)` that makes the columns of what is sent; as it is sent unless given. */
  readonly select?: string | undefined;
  readonly pieces: Iterable<string> | AsyncIterable<Buffer>;
}

/** @param lines rows as JSON arrays of column values */
export function jsonInsert(
  table: string,
  columns: readonly string[],
  lines: Iterable<string>,
  select?: string,
): Insert {
  return { table, columns, format: 'JSONCompactEachRow', select, pieces: chunked(lines) };
}

/** @param values a block of values a column */
export function nativeInsert(table: string, values: NativeValues): Insert {
  return { table, columns: values.columns, format: 'Native', pieces: values.pieces() };
}

/**
 * Inserts all rows or none; settles when ClickHouse has them.
 * @param settings of the workload
 * @throws what the client throws
 */
export async function runInsert(
  client: ClickHouseClient,
  { table, columns, format, select = '', pieces }: Insert,
  settings: ClickHouseSettings | undefined,
  { token = randomUUID(), queryId }: InsertOptions,
): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} (${columns.join(', ')}) ${select} FORMAT ${format}`,
    ...(queryId === undefined ? {} : { query_id: queryId }),
    values: Readable.from(pieces, { objectMode: false }),
    clickhouse_settings: {
      ...settings,
      ...ONE_BLOCK,
      // One block is not divided among threads, and threads that find nothing to do cost as much as the work.
      max_threads: 1,
      wait_end_of_query: 1,
      async_insert: 0,
      // ClickHouse takes two equal inserts for one unless their tokens differ, so each has a token.
      insert_deduplication_token: token,
    },
  });
  for await (const _ of stream) {
    // An error after the status line is in the body; reading it to the end lets the client find it.
  }
}

const CHUNK_CHARACTERS = 65_536;

/** Joins lines to chunks: a write for each row would cost more than the row. */
function* chunked(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    chunk += '\n';
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
