import { z } from 'zod';
import type { Config } from '../config.ts';
import { findRunning } from '../data-dir/control-file.ts';
import { CommandError } from './command-error.ts';
import { noteWait } from './output.ts';

/** Sends requests to a Spoor server. */
export interface Client {
  /** The server's address; undefined for a server that ends with the command. */
  readonly url: string | undefined;
  /**
   * Sends one request. Retries it while the server responds with 503.
   * @returns the parsed JSON of the response; undefined if its body is empty
   * @throws CommandError with the server's error message
   */
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<unknown>;
  /**
   * Streams the body of a GET request.
   * @throws CommandError with the server's error message
   */
  readonly stream: (
    path: string,
    query: Readonly<Record<string, string | undefined>>,
  ) => Promise<AsyncIterable<Uint8Array>>;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Attempts in all while a server is busy or restarting. */
const MAX_ATTEMPTS = 5;

const UNAUTHORIZED = 401;
const SERVER_ERROR = 500;

const errorSchema = z.object({ error: z.string() });

/** @param key the API key; undefined sends none */
export function createClient(url: string, key: string | undefined): Client {
  const send = async (method: string, path: string, options: RequestOptions): Promise<Response> => {
    // The URL may have a path.
    const target = new URL(url.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, value);
    }
    const body = options.json === undefined ? options.body : JSON.stringify(options.json);
    try {
      return await fetch(target, {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body }),
      });
    } catch (cause) {
      throw new CommandError(`The Spoor server at ${url} does not respond.`, { cause, isRetryable: true });
    }
  };
  return {
    url,
    stream: async (path, query) => {
      const response = await send('GET', path, { query });
      if (response.ok && response.body !== null) return response.body;
      throw errorFor(response.status, await response.text());
    },
    request: async (method, path, options = {}) => {
      let response = await send(method, path, options);
      for (let attempt = 1; response.status === 503 && attempt < MAX_ATTEMPTS; attempt++) {
        await response.body?.cancel();
        await new Promise((resolve) =>
          setTimeout(resolve, Number(response.headers.get('retry-after') ?? 1) * 1000),
        );
        response = await send(method, path, options);
      }
      const text = await response.text();
      if (response.ok) return text === '' ? undefined : JSON.parse(text);
      throw errorFor(response.status, text);
    },
  };
}

function errorFor(status: number, text: string): CommandError {
  const hint = status === UNAUTHORIZED ? ' Commands take the key from SPOOR_API_KEY.' : '';
  const isRetryable = status >= SERVER_ERROR;
  return new CommandError((messageIn(text) ?? `The server responded with status ${status}.`) + hint, {
    isRetryable,
  });
}

function messageIn(text: string): string | undefined {
  try {
    return errorSchema.parse(JSON.parse(text)).error;
  } catch {
    return undefined;
  }
}

/** How long a command waits for another process that uses the data directory. */
const WAIT_FOR_DATA_DIR_MS = 60_000;

/**
 * Runs `work` with the server that runs on the data directory. If none runs, this process starts one on a free loopback
 * port and stops it afterwards.
 */
export async function withClient<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running !== undefined) return work(createClient(running.url, running.token));
  // Loaded here only: commands that talk to a running server need no server code.
  const [{ start }, { createLog }] = await Promise.all([import('../main.ts'), import('../process/log.ts')]);
  const own = await start(
    { ...config, host: '127.0.0.1', port: 0 },
    {
      log: createLog('silent'),
      waitForDataDirMs: WAIT_FOR_DATA_DIR_MS,
      isServer: false,
      // In scripts, commands often wait for each other; only a person wants to know.
      onWait: process.stderr.isTTY ? noteWait : () => {},
    },
  );
  const stopOnSignal = (): void => {
    void own.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  try {
    return await work({ ...createClient(own.url, own.token), url: undefined });
  } finally {
    process.off('SIGINT', stopOnSignal).off('SIGTERM', stopOnSignal);
    await own.stop();
  }
}
