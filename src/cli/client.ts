import { z } from 'zod';
import type { Config } from '../config.ts';
import { findRunning } from '../data-dir/control-file.ts';
import { CommandError } from './command-error.ts';
import { noteWait } from './output.ts';
import { UploadError, type Uploaded, upload } from './upload.ts';

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
  readonly stream: (path: string, query: Query) => Promise<AsyncIterable<Uint8Array>>;
  /**
   * Streams the body of a POST request.
   * @param isResult whether the JSON of a response is a result, whatever its status
   * @returns the JSON
   * @throws CommandError with the server's error message; what reading the body throws
   */
  readonly upload: (
    path: string,
    query: Query,
    body: AsyncIterable<Buffer>,
    isResult: (json: unknown) => boolean,
  ) => Promise<unknown>;
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Attempts in all while a server is busy or restarting. */
const MAX_ATTEMPTS = 5;

const UNAUTHORIZED = 401;
const SERVER_ERROR = 500;

const errorSchema = z.object({ error: z.string() });

/**
 * @param key the API key; undefined sends none
 * @param signal ends uploads
 */
export function createClient(url: string, key: string | undefined, signal?: AbortSignal): Client {
  const authorization: Readonly<Record<string, string>> =
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  const unreachable = (cause: unknown): CommandError =>
    new CommandError(`The Spoor server at ${url} does not respond.`, { cause, isRetryable: true });
  const send = async (method: string, path: string, options: RequestOptions): Promise<Response> => {
    const target = targetOf(url, path, options.query);
    const body = options.json === undefined ? options.body : JSON.stringify(options.json);
    try {
      return await fetch(target, {
        method,
        headers: {
          ...authorization,
          ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body }),
      });
    } catch (cause) {
      throw unreachable(cause);
    }
  };
  return {
    url,
    upload: async (path, query, body, isResult) => {
      let response: Uploaded;
      try {
        response = await upload(targetOf(url, path, query), authorization, body, signal);
      } catch (cause) {
        throw cause instanceof UploadError ? unreachable(cause) : cause;
      }
      const json = jsonOf(response.body);
      if (isResult(json)) return json;
      throw errorFor(response.status, response.body);
    },
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

function targetOf(url: string, path: string, query: Query = {}): URL {
  // The URL may have a path.
  const target = new URL(url.replace(/\/+$/, '') + path);
  for (const [name, values = []] of Object.entries(query))
    for (const value of [values].flat()) target.searchParams.append(name, value);
  return target;
}

function errorFor(status: number, text: string): CommandError {
  const hint = status === UNAUTHORIZED ? ' Commands take the key from SPOOR_API_KEY.' : '';
  const isRetryable = status >= SERVER_ERROR;
  return new CommandError((messageIn(text) ?? `The server responded with status ${status}.`) + hint, {
    isRetryable,
    status,
  });
}

function messageIn(text: string): string | undefined {
  return errorSchema.safeParse(jsonOf(text)).data?.error;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How long a command waits for another process that uses the data directory. */
const WAIT_FOR_DATA_DIR_MS = 60_000;

/** The server that runs on the data directory; undefined if none does. */
export async function findServer({ dataDir }: Pick<Config, 'dataDir'>): Promise<Client | undefined> {
  const running = await findRunning(dataDir);
  return running && createClient(running.url, running.token);
}

/**
 * Runs `work` with the server that runs on the data directory. If none runs, this process starts one on a free loopback
 * port and stops it afterwards.
 */
export async function withClient<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const running = await findServer(config);
  if (running !== undefined) return work(running);
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
  const ending = new AbortController();
  const stopOnSignal = (): void => {
    ending.abort();
    void own.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  try {
    return await work({ ...createClient(own.url, own.token, ending.signal), url: undefined });
  } finally {
    process.off('SIGINT', stopOnSignal).off('SIGTERM', stopOnSignal);
    await own.stop();
  }
}
