import type { ErrorStatus } from '../errors.ts';
import type { StatsBody } from '../http/api/stats-schemas.ts';
import type { TrackedClick } from './click.ts';
import { ClickSender } from './click-sender.ts';
import { Exports } from './exports-api.ts';
import { type Page, type ReadOptions, Reader, hasFields, jsonOf } from './reader.ts';
import { type Connection, type RequestOptions, Requests } from './requests.ts';
import { Schedules } from './schedules-api.ts';
import type { ExportQuery } from './export-query.ts';
import type { SpoorErrorCode } from './spoor-error.ts';
import type { StatsQuery } from './query-parameters.ts';
import type { ChangesPage, ChangesQuery, ClicksQuery, StoredClick } from './stored-click.ts';
import type { TrackOptions } from './track-options.ts';

export type { TrackedClick } from './click.ts';
export { SpoorError, type SpoorErrorCode } from './spoor-error.ts';
export type { ExportQuery } from './export-query.ts';
export type { StatsQuery } from './query-parameters.ts';
export type { ChangesPage, ChangesQuery, ClicksQuery, StoredClick } from './stored-click.ts';
export type { DroppedClicks, RejectedClick, TrackOptions } from './track-options.ts';

export type { ExportJob, ExportOrder, ExportsQuery } from './exports-api.ts';
export type { ReadOptions } from './reader.ts';
export type { AlertCondition, NewSchedule, Schedule, ScheduleOrder, ScheduleRun } from './schedules-api.ts';

/** A stats response. */
export type StatsResult = StatsBody;

/** The result of one query of a batch, with the status that it would have had alone. */
export type QueryResult =
  | {
      readonly status: 200;
      /** Results with the same number are of one view of the clicks. */
      readonly view: number;
      readonly body: StatsResult;
    }
  | { readonly status: ErrorStatus; readonly view?: undefined; readonly body: QueryError };

/** Why a query has no result. */
export interface QueryError {
  readonly error: string;
  readonly code: SpoorErrorCode;
  readonly field?: string;
}

export interface SpoorOptions extends Connection, TrackOptions {}

const STATS_PATH = '/api/v1/stats/query';
const EXPORT_PATHS = { stats: '/api/v1/export', clicks: '/api/v1/export/clicks' } as const;

/**
 * A client of a Spoor server.
 * @example
 * const spoor = new Spoor({ url: 'https://spoor.example.com', key: 'spoo_…', onDrop: console.error });
 * spoor.track({ short_code: 'launch', ip: request.ip, user_agent: request.headers['user-agent'] });
 * const { summary } = await spoor.stats({ range: 'yesterday', short_code: 'launch' });
 * await spoor.close();
 */
export class Spoor {
  readonly #requests: Requests;
  readonly #reader: Reader;
  readonly #sender: ClickSender;
  /** Export jobs. */
  readonly exports: Exports;
  /** Exports and alerts at the times of a cron line. */
  readonly schedules: Schedules;

  constructor(options: SpoorOptions) {
    this.#requests = new Requests(options);
    this.#reader = new Reader(this.#requests);
    this.exports = new Exports(this.#reader, this.#requests);
    this.schedules = new Schedules(this.#reader);
    this.#sender = new ClickSender(this.#requests, options);
  }

  /**
   * Takes a click, which is sent with others soon, and again until the service has acknowledged it; it counts once. A click
   * without `clicked_at` gets the present time. It throws nothing: the callbacks are told what is rejected or dropped.
   * @returns whether the click was taken
   */
  track(click: TrackedClick): boolean {
    return this.#sender.add(click);
  }

  /** Sends the clicks that wait. @returns when each one so far is acknowledged, rejected or dropped */
  flush(): Promise<void> {
    return this.#sender.flush();
  }

  /**
   * Sends the clicks that wait, and takes no more. Call it before the process ends by a signal or `process.exit()`; one that
   * ends because nothing is left to do sends them by itself.
   * @param timeoutMs what is not acknowledged by then is dropped
   */
  close(timeoutMs?: number): Promise<void> {
    return this.#sender.close(timeoutMs);
  }

  /**
   * Statistics, as `GET /api/v1/stats` has them.
   * @throws SpoorError
   */
  async stats(query: StatsQuery = {}, { signal }: ReadOptions = {}): Promise<StatsResult> {
    return this.#reader.read('POST', STATS_PATH, jsonOf(query, signal), hasFields<StatsResult>('summary'));
  }

  /**
   * Sends a batch of at most 25 queries, each with a result of its own: an invalid one does not fail the others.
   * @throws SpoorError
   */
  async query(queries: readonly StatsQuery[], { signal }: ReadOptions = {}): Promise<readonly QueryResult[]> {
    const isAnswer = hasFields<{ readonly results: readonly QueryResult[] }>('results');
    return (await this.#reader.read('POST', STATS_PATH, jsonOf({ queries }, signal), isAnswer)).results;
  }

  /**
   * Each click, as `GET /api/v1/clicks` has them, page by page as they are read.
   * @throws SpoorError
   */
  clicks(query: ClicksQuery = {}, options: ReadOptions = {}): AsyncGenerator<StoredClick, void, void> {
    const next = (cursor: string): object => ({ cursor, limit: query.limit });
    return this.#reader.pages('/api/v1/clicks', query, next, options);
  }

  /**
   * Clicks as they arrive, from now on or from where an earlier page ended: pages without an end, some of them empty. While the
   * service is unreachable it waits.
   * @throws SpoorError if the query is invalid
   */
  async *changes(
    query: ChangesQuery = {},
    { signal }: ReadOptions = {},
  ): AsyncGenerator<ChangesPage, void, void> {
    const { wait, limit } = query;
    let asked: object = query;
    for (;;) {
      const options: RequestOptions = { query: asked, signal };
      const page = await this.#reader.read('GET', '/api/v1/clicks/changes', options, isChangesPage, Infinity);
      yield page;
      asked = { after: page.next_cursor, wait, limit };
    }
  }

  /**
   * A file of statistics, or of the clicks themselves (`what: 'clicks'`), as it comes. Where it is cut off, reading it fails.
   * @throws SpoorError
   */
  export(
    { what = 'stats', ...query }: ExportQuery,
    { signal }: ReadOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    return this.#requests.stream('GET', EXPORT_PATHS[what], { query, signal });
  }
}

function isChangesPage(json: unknown): json is ChangesPage {
  return hasFields<Page<StoredClick>>('items', 'next_cursor')(json) && json.next_cursor !== null;
}
