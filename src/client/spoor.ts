import type { StatsBody } from '../http/api/stats-schemas.ts';
import type { TrackedClick } from './click.ts';
import { ClickSender } from './click-sender.ts';
import { type Connection, type RequestOptions, Requests, errorOf } from './requests.ts';
import { retrying } from './retry.ts';
import type { ExportQuery } from './export-query.ts';
import type { StatsQuery } from './stats-query.ts';
import type { ChangesPage, ChangesQuery, ClicksQuery, StoredClick } from './stored-click.ts';
import type { TrackOptions } from './track-options.ts';

export type { TrackedClick } from './click.ts';
export { SpoorError, type SpoorErrorCode } from './spoor-error.ts';
export type { ExportQuery } from './export-query.ts';
export type { StatsQuery } from './stats-query.ts';
export type { ChangesPage, ChangesQuery, ClicksQuery, StoredClick } from './stored-click.ts';
export type { DroppedClicks, RejectedClick, TrackOptions } from './track-options.ts';

/** A stats response. */
export type StatsResult = StatsBody;

export interface SpoorOptions extends Connection, TrackOptions {}

export interface ReadOptions {
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
}

const EXPORT_PATHS = { stats: '/api/v1/export', clicks: '/api/v1/export/clicks' } as const;

/** Milliseconds for which a question is asked again, and that one response may take. */
const READ_RETRY_MS = 15_000;
const READ_TIMEOUT_MS = 90_000;

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
  readonly #sender: ClickSender;

  constructor(options: SpoorOptions) {
    this.#requests = new Requests(options);
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
    const options = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(query), signal };
    return this.#read('POST', '/api/v1/stats/query', options, isStatsResult);
  }

  /**
   * Each click, as `GET /api/v1/clicks` has them, page by page as they are read.
   * @throws SpoorError
   */
  async *clicks(
    query: ClicksQuery = {},
    { signal }: ReadOptions = {},
  ): AsyncGenerator<StoredClick, void, void> {
    let asked: object = query;
    for (;;) {
      const options: RequestOptions = { query: asked, signal };
      const { items, next_cursor: cursor } = await this.#read('GET', '/api/v1/clicks', options, isClickPage);
      yield* items;
      if (cursor === null) return;
      asked = { cursor, limit: query.limit };
    }
  }

  /**
   * Clicks as they arrive, from now on or from where an earlier page ended: pages without an end, some of them empty. While the
   * service is away it waits.
   * @throws SpoorError for what is wrong with the question
   */
  async *changes(
    query: ChangesQuery = {},
    { signal }: ReadOptions = {},
  ): AsyncGenerator<ChangesPage, void, void> {
    const { wait, limit } = query;
    let asked: object = query;
    for (;;) {
      const options: RequestOptions = { query: asked, signal };
      const page = await this.#read('GET', '/api/v1/clicks/changes', options, isChangesPage, Infinity);
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

  #read<Body>(
    method: string,
    path: string,
    options: RequestOptions,
    isBody: (json: unknown) => json is Body,
    forMs = READ_RETRY_MS,
  ): Promise<Body> {
    const read = async (): Promise<Body> => {
      const response = await this.#requests.json(method, path, { ...options, timeoutMs: READ_TIMEOUT_MS });
      if (response.status === 200 && isBody(response.json)) return response.json;
      throw errorOf(response);
    };
    return retrying(read, { forMs, signal: options.signal });
  }
}

/** Whether it is what the service sends; something in between may respond with a page of its own. */
function isStatsResult(json: unknown): json is StatsResult {
  return typeof json === 'object' && json !== null && 'summary' in json;
}

function isClickPage(
  json: unknown,
): json is { readonly items: readonly StoredClick[]; readonly next_cursor: string | null } {
  return typeof json === 'object' && json !== null && 'items' in json && 'next_cursor' in json;
}

function isChangesPage(json: unknown): json is ChangesPage {
  return isClickPage(json) && json.next_cursor !== null;
}
