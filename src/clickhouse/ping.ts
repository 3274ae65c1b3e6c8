import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';

const PING_MS = 1_500;

/** Asks ClickHouse whether it responds. Callers at the same time share one query. */
export class Ping {
  readonly #client: ClickHouseClient;
  readonly #query: string;
  readonly #settings: ClickHouseSettings;
  #running: Promise<boolean> | undefined;

  constructor(client: ClickHouseClient, query: string, settings: ClickHouseSettings) {
    this.#client = client;
    this.#query = query;
    this.#settings = settings;
  }

  /** True when ClickHouse responds within 1.5 s. */
  async ping(): Promise<boolean> {
    this.#running ??= this.#pingOnce().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #pingOnce(): Promise<boolean> {
    try {
      const result = await this.#client.query({
        query: this.#query,
        format: 'JSONCompactEachRow',
        clickhouse_settings: this.#settings,
        abort_signal: AbortSignal.timeout(PING_MS),
      });
      await result.json();
      return true;
    } catch {
      return false;
    }
  }
}
