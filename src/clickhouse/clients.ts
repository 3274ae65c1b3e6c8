import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';
import type { ClickHouseServer } from '../config.ts';
import { BodyAgent } from './body-agent.ts';
import type { Workload } from './workloads.ts';

const DAY_MS = 86_400_000;
const MOST_CONNECTIONS = 32;

/** The connections to one server. Each workload has its own, so that none waits for those of another. */
export class Clients {
  readonly #clients = new Map<Workload, ClickHouseClient>();
  readonly #options: ClickHouseClientConfigOptions;
  /** For results that are read for as long as their reader takes. */
  readonly slowReaders: ClickHouseClient;
  /** A connection that no other work can take. */
  readonly ping: ClickHouseClient;

  /** @param settings for every statement */
  constructor(server: ClickHouseServer, database: string, settings: ClickHouseSettings, timeoutMs: number) {
    this.#options = {
      url: server.url,
      username: server.user,
      password: server.password,
      database,
      application: 'spoor',
      request_timeout: timeoutMs,
      max_open_connections: MOST_CONNECTIONS,
      use_multipart_params_auto: true,
      log: { level: 127 },
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        date_time_input_format: 'best_effort',
        ...settings,
      },
    };
    this.slowReaders = createClient({
      ...this.#options,
      request_timeout: DAY_MS,
      ...(server.url.startsWith('http:') && {
        http_agent: new BodyAgent({ maxSockets: MOST_CONNECTIONS }),
        keep_alive: { enabled: false },
      }),
    });
    this.ping = createClient({ ...this.#options, max_open_connections: 1 });
  }

  of(workload: Workload): ClickHouseClient {
    const client = this.#clients.get(workload) ?? createClient(this.#options);
    this.#clients.set(workload, client);
    return client;
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values(), this.slowReaders, this.ping];
    await Promise.all(clients.map((client) => client.close()));
  }
}
