import { z } from 'zod';
import type { Config } from '../config.ts';
import { findRunning } from '../data-dir/control-file.ts';
import { CommandError } from './error-messages.ts';
import { noteWait } from './output.ts';

/** Speaks to a Spoor. */
export interface Client {
  /**
   * One request; answers its JSON, or undefined for an empty answer.
   * @throws CommandError with the server's own sentence
   */
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<unknown>;
  /**
   * The bytes of a GET's answer as they come.
   * @throws CommandError with the server's own sentence
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

/** A server that is busy or just restarting is asked again so many times. */
const TRIES = 5;

const UNAUTHORIZED = 401;
const SERVER_ERROR = 500;

const errorSchema = z.object({ error: z.string() });

/** @param key without one, only what needs none is answered */
export function createClient(url: string, key: string | undefined): Client {
  const send = async (method: string, path: string, options: RequestOptions): Promise<Response> => {
    // A server may lie below a path of its host.
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
      throw new CommandError(`The Spoor server at ${url} does not answer.`, { cause, isPassing: true });
    }
  };
  return {
    stream: async (path, query) => {
      const response = await send('GET', path, { query });
      if (response.ok && response.body !== null) return response.body;
      throw refusal(response.status, await response.text());
    },
    request: async (method, path, options = {}) => {
      let response = await send(method, path, options);
      for (let attempt = 1; response.status === 503 && attempt < TRIES; attempt++) {
        await response.body?.cancel();
        await new Promise((resolve) =>
          setTimeout(resolve, Number(response.headers.get('retry-after') ?? 1) * 1000),
        );
        response = await send(method, path, options);
      }
      const text = await response.text();
      if (response.ok) return text === '' ? undefined : JSON.parse(text);
      throw refusal(response.status, text);
    },
  };
}

function refusal(status: number, text: string): CommandError {
  const hint = status === UNAUTHORIZED ? ' Commands take the key from SPOOR_API_KEY.' : '';
  const isPassing = status >= SERVER_ERROR;
  return new CommandError((sentenceOf(text) ?? `The server answered ${status}.`) + hint, { isPassing });
}

function sentenceOf(text: string): string | undefined {
  try {
    return errorSchema.parse(JSON.parse(text)).error;
  } catch {
    return undefined;
  }
}

/** How long a command waits for another one that has the data directory open. */
const WAIT_FOR_DATA_DIR_MS = 60_000;

/**
 * Runs `work` with the server of the data directory; where none runs, with one that this process starts on a free
 * loopback port and stops afterwards.
 */
export async function withClient<T>(config: Config, work: (client: Client) => Promise<T>): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running !== undefined) return work(createClient(running.url, running.token));
  // Loaded only here: a command that speaks to a running server has no use for a server's code.
  const { createLog, start } = await import('../main.ts');
  const own = await start(
    { ...config, host: '127.0.0.1', port: 0 },
    {
      log: createLog('silent'),
      waitForDataDirMs: WAIT_FOR_DATA_DIR_MS,
      isServer: false,
      // A script has many commands, which wait for each other; a person wonders.
      onWait: process.stderr.isTTY ? noteWait : () => {},
    },
  );
  const stopOnSignal = (): void => {
    void own.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  try {
    return await work(createClient(own.url, own.token));
  } finally {
    process.off('SIGINT', stopOnSignal).off('SIGTERM', stopOnSignal);
    await own.stop();
  }
}
