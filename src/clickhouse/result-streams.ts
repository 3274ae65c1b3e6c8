import { types } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { unavailable } from '../errors.ts';
import { render } from '../sql/render.ts';
import type { Sql } from '../sql/sql.ts';
import { bodyOf } from './body-agent.ts';
import { fromClickHouse } from './failures.ts';
import type { QueryEnding } from './query-ending.ts';
import { type FileOptions, type StreamOptions, traceHeaders } from './query-options.ts';
import { PATIENT, READ_ONLY } from './settings.ts';
import { EXCEPTION_TAG_HEADER, wholeArchive, wholeResult } from './whole-result.ts';
import type { WorkloadSettings } from './workloads.ts';

/** Results that are read from ClickHouse as they are consumed. */
export class ResultStreams {
  readonly #client: ClickHouseClient;
  readonly #ending: QueryEnding;
  readonly #workloads: WorkloadSettings;
  readonly #measure: <T>(run: () => Promise<T>) => Promise<T>;

  /**
   * @param client for results that are read for as long as their reader takes
   * @param measure runs a query up to its first byte, and makes its failure an error of Spoor
   */
  constructor(
    client: ClickHouseClient,
    ending: QueryEnding,
    workloads: WorkloadSettings,
    measure: <T>(run: () => Promise<T>) => Promise<T>,
  ) {
    this.#client = client;
    this.#ending = ending;
    this.#workloads = workloads;
    this.#measure = measure;
  }

  /** As `Database.text`. */
  async text(query: Sql, signal: AbortSignal, options: StreamOptions): Promise<AsyncIterable<Buffer>> {
    return (await this.#stream(query, signal, { ...options, format: 'RawBLOB' })).stream;
  }

  /** As `Database.file`. */
  async file(
    query: Sql,
    format: string,
    signal: AbortSignal,
    { settings, compression, ...options }: FileOptions,
  ): Promise<AsyncIterable<Buffer>> {
    if (compression === undefined) {
      const { stream, tag } = await this.#stream(query, signal, { ...options, format, settings });
      return wholeResult(stream, tag);
    }
    try {
      const { stream } = await this.#stream(query, signal, {
        ...options,
        format,
        settings: { ...settings, enable_http_compression: 1 },
        headers: { 'Accept-Encoding': compression },
      });
      return await wholeArchive(stream);
    } catch (error) {
      throw isUnreadable(error)
        ? unavailable('ClickHouse refused the query of the file.', error)
        : fromClickHouse(error);
    }
  }

  async #stream(
    query: Sql,
    signal: AbortSignal,
    {
      format,
      workload = 'exports',
      ended = () => {},
      onQueryId = () => {},
      traceparent,
      settings = {},
      headers = {},
    }: FileOptions & { readonly format: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<{ readonly stream: AsyncIterable<Buffer>; readonly tag: string | undefined }> {
    return this.#measure(() =>
      this.#ending.run(signal, async (queryId, givenUp) => {
        const { sql: text, params } = render(query);
        onQueryId(queryId);
        const { stream, response_headers: answered } = await this.#client.exec({
          query_id: queryId,
          query: `${text} FORMAT ${format}`,
          query_params: { ...params },
          abort_signal: givenUp,
          decompress_response_stream: false,
          http_headers: { ...headers, ...traceHeaders(traceparent).http_headers },
          clickhouse_settings: { ...READ_ONLY, ...this.#workloads[workload], ...PATIENT, ...settings },
        });
        const leave = (): void => {
          stream.destroy();
          if (!stream.readableEnded) ended(this.#ending.kill(queryId, 'SYNC'));
        };
        // The client heeds a signal only up to the first byte.
        if (signal.aborted) leave();
        else signal.addEventListener('abort', leave, { once: true });
        return { stream: bodyOf(stream), tag: textOf(answered[EXCEPTION_TAG_HEADER]) };
      }),
    );
  }
}

/** Why a query fails is compressed as its result would be, and the client cannot read all that ClickHouse can write. */
function isUnreadable(error: unknown): boolean {
  return types.isNativeError(error) && error.message.startsWith('Unexpected encoding');
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
