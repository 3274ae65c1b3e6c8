import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';

const KILL_EVERY_MS = 100;

/** Ends queries whose clients have left. */
export class QueryEnding {
  readonly #client: () => ClickHouseClient;
  readonly #endMs: number;

  /**
   * @param client for `KILL QUERY`, whose connections no query that is to end can hold all of
   * @param endMs how long a query may take to end before it is left to ClickHouse
   */
  constructor(client: () => ClickHouseClient, endMs: number) {
    this.#client = client;
    this.#endMs = endMs;
  }

  /**
   * Runs a query, and settles only when ClickHouse has ended it. An aborted query still has its place in ClickHouse's queue
   * for threads, so its slot here must not go to the next one before it has ended there.
   * @param signal ends it
   * @param run is given the query's id, and a signal that aborts if ClickHouse does not end it in time
   * @throws the signal's reason, and what `run` throws
   */
  async run<T>(
    signal: AbortSignal | undefined,
    run: (queryId: string, givenUp: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const queryId = randomUUID();
    const [settled, givenUp] = [new AbortController(), new AbortController()];
    const end = (): void => void this.#killUntil(settled.signal, queryId).finally(() => givenUp.abort());
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

  /** Repeats the kill, because ClickHouse can end a query only once it has begun it. */
  async #killUntil(settled: AbortSignal, queryId: string): Promise<void> {
    const giveUpAt = performance.now() + this.#endMs;
    while (!settled.aborted && performance.now() < giveUpAt) {
      await this.kill(queryId, 'ASYNC');
      await delay(KILL_EVERY_MS);
    }
  }

  /**
   * Kills a query. ClickHouse notices by itself only now and then that a client has gone: in the queue for threads not at
   * all, in a long sort or merge not for half a minute.
   */
  async kill(queryId: string, wait: 'SYNC' | 'ASYNC'): Promise<void> {
    const query = `KILL QUERY WHERE query_id = {id:String} ${wait} FORMAT Null`;
    const abort_signal = AbortSignal.timeout(this.#endMs);
    await this.#client()
      .command({ query, query_params: { id: queryId }, abort_signal })
      .catch(() => {});
  }
}
