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
import { yielding } from '../lib/event-loop.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import { fromClickHouse } from './failures.ts';
import { type Insert, type InsertOptions, jsonInsert, nativeInsert, runInsert } from './insert.ts';
import type { NativeColumn } from './native.ts';
import { Ping } from './ping.ts';
import { QueryEnding } from './query-ending.ts';
import { PATIENT, READ_ONLY, WHOLE } from './settings.ts';
import { withTimeout } from './time-limit.ts';
import type { Workload, WorkloadSettings } from './workloads.ts';

export interface QueryOptions {
  /** What the query is for; a lookup unless given. */
  readonly workload?: Workload;
  /** Seconds the query may run; the deadline of a lookup unless given. */
  readonly maxSeconds?: number;
  /** Threads for the query; ClickHouse decides unless given. */
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
}

/** For a few rows of a small table: more than one thread would only be more work. */
export const LOOK_UP = { threads: 1 } satisfies QueryOptions;

/** Settings of a server that is a node of a cluster. */
export interface NodeSettings {
  /** For every statement. */
  readonly statements?: ClickHouseSettings;
  /** The query of a ping; it succeeds only while all that stats queries need responds. */
  readonly pingQuery?: Sql;
}

interface StreamOptions {
  readonly format: string;
  readonly signal: AbortSignal;
  readonly workload: Workload;
  readonly ended: (end: Promise<void>) => void;
  readonly settings?: ClickHouseSettings;
}

/** Called when a query has ended, for metrics. */
export type QueryObserver = (kind: 'select' | 'insert' | 'command', seconds: number, ok: boolean) => void;

/** A query is given up this long after its time is up: ClickHouse, which ought to have ended it, hangs. */
const HANG_MS = 2_000;

const DAY_MS = 86_400_000;

/** The only way to ClickHouse. Every failure leaves it as an error that a client may see, or as a fault of Spoor. */
export class Database {
  readonly name: string;
  readonly deadlines: Deadlines;
  /** Each workload has connections of its own, so that none waits for those of another. */
  readonly #clients = new Map<Workload, ClickHouseClient>();
  readonly #options: ClickHouseClientConfigOptions;
  readonly #slowReaders: ClickHouseClient;
  /** A connection that no other work can take. */
  readonly #pingClient: ClickHouseClient;
  readonly #ping: Ping;
  readonly #ending: QueryEnding;
  readonly #observe: QueryObserver;
  readonly #workloads: WorkloadSettings;

  /** @param workloads settings of the queries of each workload */
  constructor(
    server: ClickHouseServer,
    name: string,
    observe: QueryObserver = () => {},
    workloads: WorkloadSettings = {},
    { statements = {}, pingQuery = sql`SELECT 1` }: NodeSettings = {},
    deadlines: Deadlines = DEADLINES,
  ) {
    this.name = name;
    this.deadlines = deadlines;
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
    this.#pingClient = createClient({ ...options, max_open_connections: 1 });
    this.#ping = new Ping(this.#pingClient, render(pingQuery).sql, workloads.lookups ?? {});
    this.#ending = new QueryEnding(() => this.#clientOf('lookups'), deadlines.endMs);
  }

  #clientOf(workload: Workload): ClickHouseClient {
    const client = this.#clients.get(workload) ?? createClient(this.#options);
    this.#clients.set(workload, client);
    return client;
  }

  /** All rows of a query as arrays of column values, in the order of its SELECT. For results of bounded size. */
  async rows<Row extends readonly unknown[]>(
    query: Sql,
    options: QueryOptions = {},
  ): Promise<readonly Row[]> {
    const { sql: text, params } = render(query);
    const { workload = 'lookups', maxSeconds: seconds = this.deadlines.lookUpMs / 1_000 } = options;
    return this.#measure('select', () =>
      withTimeout(seconds * 1_000 + HANG_MS, (timedOut) =>
        this.#ending.run(options.signal, async (queryId) => {
          const result = await this.#clientOf(workload).query({
            query_id: queryId,
            query: text,
            query_params: { ...params },
            format: 'JSONCompactEachRow',
            abort_signal: timedOut,
            clickhouse_settings: {
              ...READ_ONLY,
              ...this.#workloads[workload],
              max_execution_time: seconds,
              ...(options.threads === undefined ? {} : { max_threads: options.threads }),
            },
          });
          return allRows<Row>(result.stream());
        }),
      ),
    );
  }

  /**
   * The bytes of a query whose rows are one text each, as ClickHouse sends them, without anything in between. They are
   * read from ClickHouse as they are consumed, for as long as that takes: only the signal bounds it. A failure in
   * mid-stream appears in the bytes, so the query itself must end with a delimiter that only a whole result has.
   * @param ended called, when the signal cuts the result short, with a promise that settles once ClickHouse has ended the query
   */
  async text(
    query: Sql,
    signal: AbortSignal,
    workload: Workload = 'exports',
    ended: (end: Promise<void>) => void = () => {},
  ): Promise<AsyncIterable<Buffer>> {
    return this.#stream(query, { format: 'RawBLOB', signal, workload, ended });
  }

  /**
   * The bytes of a query's rows as a file in one of ClickHouse's formats. ClickHouse holds them back until the query has
   * succeeded, on its disk where they are many, so what comes is a whole file.
   * @param format a name from a closed set
   * @param ended as of `text`
   */
  async file(
    query: Sql,
    format: string,
    signal: AbortSignal,
    workload: Workload = 'exports',
    ended: (end: Promise<void>) => void = () => {},
  ): Promise<AsyncIterable<Buffer>> {
    return this.#stream(query, { format, signal, workload, ended, settings: WHOLE });
  }

  async #stream(
    query: Sql,
    { format, signal, workload, ended, settings = {} }: StreamOptions,
  ): Promise<AsyncIterable<Buffer>> {
    return this.#measure('select', () =>
      this.#ending.run(signal, async (queryId, givenUp) => {
        const { sql: text, params } = render(query);
        const { stream } = await this.#slowReaders.exec({
          query_id: queryId,
          query: `${text} FORMAT ${format}`,
          query_params: { ...params },
          abort_signal: givenUp,
          clickhouse_settings: { ...READ_ONLY, ...this.#workloads[workload], ...PATIENT, ...settings },
        });
        const leave = (): void => {
          stream.destroy();
          if (!stream.readableEnded) ended(this.#ending.kill(queryId, 'SYNC'));
        };
        // The client heeds a signal only up to the first byte.
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
        return stream;
      }),
    );
  }

  /** Runs a statement without a result, such as DDL. */
  async command(statement: Sql, settings: ClickHouseSettings = {}): Promise<void> {
    const { sql: text, params } = render(statement);
    await this.commandText(text, settings, params);
  }

  /** Runs a statement given as text, for migrations; never with a client's value in it. */
  async commandText(
    text: string,
    settings: ClickHouseSettings = {},
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.#measure('command', () =>
      this.#clientOf('lookups').command({
        query: text,
        query_params: { ...params },
        // Without it a statement that fails late would get status 200 first.
        clickhouse_settings: { wait_end_of_query: 1, ...settings },
      }),
    );
  }

  /** Inserts rows given as JSON arrays of column values, one a line; settles when ClickHouse has them all. */
  async insert(
    table: string,
    columns: readonly string[],
    lines: Iterable<string>,
    options: InsertOptions = {},
  ): Promise<void> {
    await this.#insert(jsonInsert(table, columns, lines), options);
  }

  /** Inserts rows of any form as one block of values a column; settles when ClickHouse has them all. */
  async insertBlock<Row>(
    table: string,
    columns: readonly NativeColumn<Row>[],
    rows: readonly Row[],
    options: InsertOptions = {},
  ): Promise<void> {
    await this.#insert(nativeInsert(table, columns, rows), options);
  }

  async #insert(insert: Insert, options: InsertOptions): Promise<void> {
    await this.#measure('insert', () =>
      runInsert(this.#clientOf('intake'), insert, this.#workloads.intake, options),
    );
  }

  /** True when ClickHouse responds to a query within 1.5 s. Callers at the same time share one query. */
  async ping(): Promise<boolean> {
    return this.#ping.ping();
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values(), this.#slowReaders, this.#pingClient];
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

async function allRows<Row>(pieces: AsyncIterable<readonly JsonRow[]>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const piece of yielding(pieces)) for (const row of piece) rows.push(row.json<Row>());
  return rows;
}
