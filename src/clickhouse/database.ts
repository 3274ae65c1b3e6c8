import type {
  BaseQueryParams,
  ClickHouseClient,
  ClickHouseSettings,
  Row as JsonRow,
} from '@clickhouse/client';
import type { ClickHouseServer } from '../config.ts';
import { render } from '../sql/render.ts';
import { type Sql, sql } from '../sql/sql.ts';
import { yielding } from '../lib/event-loop.ts';
import { Clients } from './clients.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import { fromClickHouse } from './failures.ts';
import {
  type Insert,
  type InsertOptions,
  type LineInsertOptions,
  jsonInsert,
  nativeInsert,
  runInsert,
} from './insert.ts';
import type { NativeValues } from './native-block.ts';
import { Ping } from './ping.ts';
import { QueryEnding } from './query-ending.ts';
import {
  type FileOptions,
  type NodeSettings,
  type QueryObserver,
  type QueryOptions,
  type QuerySummary,
  type StreamOptions,
  traceHeaders,
} from './query-options.ts';
import { ResultStreams } from './result-streams.ts';
import { READ_ONLY, WHOLE } from './settings.ts';
import { withTimeout } from './time-limit.ts';
import type { WorkloadSettings } from './workloads.ts';

/** A query is given up this long after its time is up: ClickHouse, which ought to have ended it, hangs. */
const HANG_MS = 2_000;

type Statement = BaseQueryParams & { readonly query: string };

/** The only way to ClickHouse. Every failure leaves it as an error that a client may see, or as a fault of Spoor. */
export class Database {
  readonly name: string;
  readonly deadlines: Deadlines;
  readonly #clients: Clients;
  readonly #ping: Ping;
  readonly #ending: QueryEnding;
  readonly #streams: ResultStreams;
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
    this.#clients = new Clients(server, name, statements, deadlines.statementMs);
    this.#ping = new Ping(this.#clients.ping, render(pingQuery).sql, workloads.lookups ?? {});
    this.#ending = new QueryEnding(() => this.#clients.of('lookups'), deadlines.endMs);
    this.#streams = new ResultStreams(this.#clients.slowReaders, this.#ending, workloads, (run) =>
      this.#measure('select', run),
    );
  }

  /** All rows of a query as arrays of column values, in the order of its SELECT. For results of bounded size. */
  async rows<Row extends readonly unknown[]>(
    query: Sql,
    options: QueryOptions = {},
  ): Promise<readonly Row[]> {
    return this.#select(query, options, async (client, statement) => {
      const result = await client.query({ ...statement, format: 'JSONCompactEachRow' });
      options.onSummary?.(summaryOf(result.response_headers['x-clickhouse-summary']));
      return allRows<Row>(result.stream());
    });
  }

  /** All rows of a query as ClickHouse's `RowBinary` has them, for numbers by the thousand. For results of bounded size. */
  async binaryRows(query: Sql, options: QueryOptions = {}): Promise<Buffer> {
    return this.#select(query, options, async (client, { query: text, clickhouse_settings, ...others }) => {
      const { stream } = await client.exec({
        ...others,
        query: `${text} FORMAT RowBinary`,
        clickhouse_settings: { ...clickhouse_settings, ...WHOLE },
      });
      const pieces: Buffer[] = [];
      for await (const piece of stream) if (Buffer.isBuffer(piece)) pieces.push(piece);
      return Buffer.concat(pieces);
    });
  }

  async #select<T>(
    query: Sql,
    options: QueryOptions,
    run: (client: ClickHouseClient, statement: Statement) => Promise<T>,
  ): Promise<T> {
    const { sql: text, params } = render(query);
    const { workload = 'lookups', maxSeconds: seconds = this.deadlines.lookUpMs / 1_000 } = options;
    return this.#measure('select', () =>
      withTimeout(seconds * 1_000 + HANG_MS, (timedOut) =>
        this.#ending.run(options.signal, async (queryId) =>
          run(this.#clients.of(workload), {
            query_id: queryId,
            query: text,
            query_params: { ...params },
            abort_signal: timedOut,
            ...traceHeaders(options.traceparent),
            clickhouse_settings: {
              ...READ_ONLY,
              ...this.#workloads[workload],
              max_execution_time: seconds,
              ...(options.threads === undefined ? {} : { max_threads: options.threads }),
              ...(options.maxGroups === undefined ? {} : groupLimit(options.maxGroups)),
            },
          }),
        ),
      ),
    );
  }

  /**
   * The bytes of a query whose rows are one text each, as ClickHouse sends them, without anything in between. They are
   * read from ClickHouse as they are consumed, for as long as that takes: only the signal bounds it. A failure in
   * mid-stream appears in the bytes, so the query itself must end with a delimiter that only a whole result has.
   */
  async text(query: Sql, signal: AbortSignal, options: StreamOptions = {}): Promise<AsyncIterable<Buffer>> {
    return this.#streams.text(query, signal, options);
  }

  /**
   * The bytes of a query's rows as a file in one of ClickHouse's formats, read from ClickHouse as they are consumed. They end
   * only where the file is whole, and throw otherwise. Its first bytes are there when this settles.
   * @param format a name from a closed set
   * @param options `settings`: of the format; `compression`: has ClickHouse compress the file
   */
  async file(
    query: Sql,
    format: string,
    signal: AbortSignal,
    options: FileOptions = {},
  ): Promise<AsyncIterable<Buffer>> {
    return this.#streams.file(query, format, signal, options);
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
      this.#clients.of('lookups').command({
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
    { select, ...options }: LineInsertOptions = {},
  ): Promise<void> {
    await this.#insert(jsonInsert(table, columns, lines, select), options);
  }

  /** Inserts one block of values a column; settles when ClickHouse has them all. */
  async insertBlock(table: string, values: NativeValues, options: InsertOptions = {}): Promise<void> {
    await this.#insert(nativeInsert(table, values), options);
  }

  async #insert(insert: Insert, options: InsertOptions): Promise<void> {
    await this.#measure('insert', () =>
      runInsert(this.#clients.of('intake'), insert, this.#workloads.intake, options),
    );
  }

  /** True when ClickHouse responds to a query within 1.5 s. Callers at the same time share one query. */
  async ping(): Promise<boolean> {
    return this.#ping.ping();
  }

  async close(): Promise<void> {
    await this.#clients.close();
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

/** @param header a JSON object of numbers as texts */
function summaryOf(header: string | readonly string[] | undefined): QuerySummary {
  const summary: unknown = typeof header === 'string' ? JSON.parse(header) : {};
  const numberOf = (name: string): number =>
    Number(new Map<string, unknown>(Object.entries(summary ?? {})).get(name) ?? 0);
  return { rows: numberOf('read_rows'), bytes: numberOf('read_bytes') };
}

function groupLimit(groups: number): ClickHouseSettings {
  return { max_rows_to_group_by: String(groups), group_by_overflow_mode: 'break' };
}

async function allRows<Row>(pieces: AsyncIterable<readonly JsonRow[]>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const piece of yielding(pieces)) for (const row of piece) rows.push(row.json<Row>());
  return rows;
}
