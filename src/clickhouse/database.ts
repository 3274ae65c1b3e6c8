import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  type ClickHouseSettings,
  type Row as JsonRow,
  createClient,
} from '@clickhouse/client';
import type { ClickHouseServer } from '../config.ts';
import { render } from '../sql/render.ts';
import { type Sql, sql } from '../sql/sql.ts';
import { inTurns } from '../lib/event-loop.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import { fromClickHouse } from './failures.ts';
import { type NativeColumn, nativeBlock } from './native.ts';
import { ONE_BLOCK, PATIENT, READ_ONLY } from './settings.ts';
import { within } from './time-bound.ts';
import type { Workload, WorkloadSettings } from './workloads.ts';

export interface QueryOptions {
  /** What the query is for: a look-up unless said otherwise. */
  readonly workload?: Workload;
  /** Seconds the query may run; the deadline of a look-up unless said otherwise. */
  readonly maxSeconds?: number;
  /** How many threads may work at it; as many as ClickHouse likes unless said otherwise. */
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface InsertOptions {
  /**
   * A second insert with the same token is dropped, as long as ClickHouse remembers it. Without one nothing is: two
   * equal inserts are two inserts.
   */
  readonly token?: string;
  /** What ClickHouse calls the running insert. */
  readonly queryId?: string;
}

/** For a few rows of a small table: more threads than one would only be more work. */
export const LOOK_UP = { threads: 1 } satisfies QueryOptions;

/** What a server that is a node of a cluster is told besides. */
export interface NodeSettings {
  /** For every statement. */
  readonly statements?: ClickHouseSettings;
  /** Answered only when all that questions need answers. */
  readonly probe?: Sql;
}

/** Told of each query when it ends, for metrics. */
export type QueryObserver = (kind: 'select' | 'insert' | 'command', seconds: number, ok: boolean) => void;

const PROBE_MS = 1_500;
/** A query that ClickHouse has not ended itself this long after its time is up is given up: the engine hangs. */
const HANG_MS = 2_000;

const KILL_EVERY_MS = 100;

const DAY_MS = 86_400_000;

/** Spoor's only way to ClickHouse: every failure leaves it as an error a client may see, or as a fault of ours. */
export class Database {
  readonly name: string;
  readonly deadlines: Deadlines;
  /** Each class of queries has connections of its own, so that none waits for those of another. */
  readonly #clients = new Map<Workload, ClickHouseClient>();
  readonly #options: ClickHouseClientConfigOptions;
  readonly #slowReaders: ClickHouseClient;
  /** Connections that no other work can take, for the question whether ClickHouse answers at all. */
  readonly #probe: ClickHouseClient;
  readonly #observe: QueryObserver;
  readonly #workloads: WorkloadSettings;
  readonly #probeQuery: string;
  /** The probe under way. */
  #answers: Promise<boolean> | undefined;

  /** @param workloads settings of the queries of each class */
  constructor(
    server: ClickHouseServer,
    name: string,
    observe: QueryObserver = () => {},
    workloads: WorkloadSettings = {},
    { statements = {}, probe = sql`SELECT 1` }: NodeSettings = {},
    deadlines: Deadlines = DEADLINES,
  ) {
    this.name = name;
    this.deadlines = deadlines;
    this.#probeQuery = render(probe).sql;
    this.#observe = observe;
    this.#workloads = workloads;
    const options = {
      url: server.url,
      username: server.user,
      password: server.password,
      database: name,
      application: 'spoor',
      request_timeout: deadlines.statementMs,
      max_open_connections: 32,
      use_multipart_params_auto: true,
      log: { level: 127 },
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        date_time_input_format: 'best_effort',
        ...statements,
      },
    } satisfies ClickHouseClientConfigOptions;
    this.#options = options;
    this.#slowReaders = createClient({ ...options, request_timeout: DAY_MS });
    this.#probe = createClient({ ...options, max_open_connections: 1 });
  }

  #clientOf(workload: Workload): ClickHouseClient {
    const client = this.#clients.get(workload) ?? createClient(this.#options);
    this.#clients.set(workload, client);
    return client;
  }

  /** All rows of a query as arrays of column values, in the order of its SELECT. For answers of bounded size. */
  async rows<Row extends readonly unknown[]>(
    query: Sql,
    options: QueryOptions = {},
  ): Promise<readonly Row[]> {
    const { sql: text, params } = render(query);
    const { workload = 'lookups', maxSeconds: seconds = this.deadlines.lookUpMs / 1_000 } = options;
    return this.#measure('select', () =>
      within(seconds * 1_000 + HANG_MS, undefined, (late) =>
        this.#endedWith(options.signal, async (queryId) => {
          const result = await this.#clientOf(workload).query({
            query_id: queryId,
            query: text,
            query_params: { ...params },
            format: 'JSONCompactEachRow',
            abort_signal: late,
            clickhouse_settings: {
              ...READ_ONLY,
              ...this.#workloads[workload],
              max_execution_time: seconds,
              ...(options.threads === undefined ? {} : { max_threads: options.threads }),
            },
          });
          return gathered<Row>(result.stream());
        }),
      ),
    );
  }

  /**
   * The bytes of a query whose rows are one text each, as ClickHouse sends them, without anything in between. They are
   * asked for as they are consumed, for as long as that takes: only the signal bounds it. A failure in mid-stream
   * stands in the bytes, so the query itself must end with a mark that tells a whole result.
   * @param ended is told, when the signal cuts the result short, what settles once ClickHouse has ended the query
   */
  async text(
    query: Sql,
    signal: AbortSignal,
    workload: Workload = 'exports',
    ended: (end: Promise<void>) => void = () => {},
  ): Promise<AsyncIterable<Buffer>> {
    return this.#measure('select', () =>
      this.#endedWith(signal, async (queryId, givenUp) => {
        const { sql: text, params } = render(query);
        const { stream } = await this.#slowReaders.exec({
          query_id: queryId,
          query: `${text} FORMAT RawBLOB`,
          query_params: { ...params },
          abort_signal: givenUp,
          clickhouse_settings: { ...READ_ONLY, ...this.#workloads[workload], ...PATIENT },
        });
        const leave = (): void => {
          stream.destroy();
          if (!stream.readableEnded) ended(this.#kill(queryId, 'SYNC'));
        };
        // The client heeds a signal only up to the first byte.
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
        return stream;
      }),
    );
  }

  /**
   * Settles when ClickHouse has ended the query: one that nobody waits for any more still has a place in the queue for
   * threads, so whoever has a slot for it here must not give that to the next one earlier.
   * @param signal ends it
   * @param run is given the query's name, and a signal for the case that ClickHouse does not end it
   * @throws the signal's reason, and what `run` throws
   */
  async #endedWith<T>(
    signal: AbortSignal | undefined,
    run: (queryId: string, givenUp: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const queryId = randomUUID();
    const [settled, givenUp] = [new AbortController(), new AbortController()];
    const end = (): void => void this.#endUntil(settled.signal, queryId).finally(() => givenUp.abort());
    signal?.addEventListener('abort', end, { once: true });
    try {
      return await run(queryId, givenUp.signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', end);
      settled.abort();
    }
  }

  /** Again and again, because a query can be ended only once ClickHouse has begun it. */
  async #endUntil(settled: AbortSignal, queryId: string): Promise<void> {
    const giveUpAt = performance.now() + this.deadlines.endMs;
    while (!settled.aborted && performance.now() < giveUpAt) {
      await this.#kill(queryId, 'ASYNC');
      await delay(KILL_EVERY_MS);
    }
  }

  /**
   * ClickHouse looks after a client that has gone only now and then: in the queue for threads not at all, in a long sort
   * or merge not for half a minute.
   */
  async #kill(queryId: string, wait: 'SYNC' | 'ASYNC'): Promise<void> {
    const query = `KILL QUERY WHERE query_id = {id:String} ${wait} FORMAT Null`;
    await this.#clientOf('lookups')
      .command({
        query,
        query_params: { id: queryId },
        abort_signal: AbortSignal.timeout(this.deadlines.endMs),
      })
      .catch(() => {});
  }

  /** Runs a statement that answers nothing, such as DDL. */
  async command(statement: Sql, settings: ClickHouseSettings = {}): Promise<void> {
    const { sql: text, params } = render(statement);
    await this.commandText(text, settings, params);
  }

  /** A statement as text, for migrations; never with a value of a stranger in it. */
  async commandText(
    text: string,
    settings: ClickHouseSettings = {},
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.#measure('command', () =>
      this.#clientOf('lookups').command({
        query: text,
        query_params: { ...params },
        // Without it a statement that fails late would be answered 200 first.
        clickhouse_settings: { wait_end_of_query: 1, ...settings },
      }),
    );
  }

  /** Inserts rows given as JSON arrays of column values, one a line; answered when ClickHouse has them all. */
  async insert(
    table: string,
    columns: readonly string[],
    lines: Iterable<string>,
    options: InsertOptions = {},
  ): Promise<void> {
    await this.#insert(table, columns, 'JSONCompactEachRow', chunked(lines), options);
  }

  /** Inserts rows of any form as one block of values a column; answered when ClickHouse has them all. */
  async insertBlock<Row>(
    table: string,
    columns: readonly NativeColumn<Row>[],
    rows: readonly Row[],
    options: InsertOptions = {},
  ): Promise<void> {
    const names = columns.map(({ name }) => name);
    await this.#insert(table, names, 'Native', nativeBlock(columns, rows), options);
  }

  async #insert(
    table: string,
    columns: readonly string[],
    format: 'JSONCompactEachRow' | 'Native',
    pieces: Iterable<string> | AsyncIterable<Buffer>,
    options: InsertOptions,
  ): Promise<void> {
    await this.#measure('insert', async () => {
      const { stream } = await this.#clientOf('intake').exec({
        query: `INSERT INTO ${table} (${columns.join(', ')}) FORMAT ${format}`,
        ...(options.queryId === undefined ? {} : { query_id: options.queryId }),
        values: Readable.from(pieces, { objectMode: false }),
        clickhouse_settings: {
          ...this.#workloads.intake,
          ...ONE_BLOCK,
          // One block is nothing to share out, and threads that find nothing to do cost as much as the work.
          max_threads: 1,
          wait_end_of_query: 1,
          async_insert: 0,
          // Two equal inserts are two inserts unless a token says otherwise, so each has a token.
          insert_deduplication_token: options.token ?? randomUUID(),
        },
      });
      for await (const _ of stream) {
        // An error after the status line stands in the body; reading it to the end lets the client find it.
      }
    });
  }

  /** True when ClickHouse answers a query within 1.5 s. Those who ask meanwhile are told the same. */
  async answers(): Promise<boolean> {
    this.#answers ??= this.#probeOnce().finally(() => (this.#answers = undefined));
    return this.#answers;
  }

  async #probeOnce(): Promise<boolean> {
    try {
      await this.#probe
        .query({
          query: this.#probeQuery,
          format: 'JSONCompactEachRow',
          clickhouse_settings: this.#workloads.lookups ?? {},
          abort_signal: AbortSignal.timeout(PROBE_MS),
        })
        .then((result) => result.json());
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values(), this.#slowReaders, this.#probe];
    await Promise.all(clients.map((client) => client.close()));
  }

  async #measure<T>(kind: Parameters<QueryObserver>[0], run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    let ok = false;
    try {
      const result = await run();
      ok = true;
      return result;
    } catch (error) {
      throw fromClickHouse(error);
    } finally {
      this.#observe(kind, (performance.now() - started) / 1000, ok);
    }
  }
}

async function gathered<Row>(pieces: AsyncIterable<readonly JsonRow[]>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const piece of inTurns(pieces)) for (const row of piece) rows.push(row.json<Row>());
  return rows;
}

/** Lines gathered into pieces of some 64 KB: a write per row would cost more than the row. */
function* chunked(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    chunk += '\n';
    if (chunk.length >= 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
