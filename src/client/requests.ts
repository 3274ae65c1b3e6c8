import { queryString } from './query-string.ts';
import { SpoorError } from './spoor-error.ts';

/** Where the service is, and as whom it is asked. */
export interface Connection {
  /** Its address, such as `https://spoor.example.com`. It may have a path. */
  readonly url: string;
  /** An API key. Public statistics need none. */
  readonly key?: string | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
}

export interface RequestOptions {
  readonly query?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Ends the request, and reading its response. */
  readonly signal?: AbortSignal | undefined;
}

/** A response whose body has been read. */
interface JsonResponse {
  readonly status: number;
  readonly headers: Headers;
  /** undefined where the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** Sends requests to the service. */
export class Requests {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  constructor({ url, key, fetch: own }: Connection) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    // A browser's is not to be called as a method of another object.
    this.#fetch = own ?? ((input, init) => fetch(input, init));
  }

  /**
   * Reads a response, whatever its status.
   * @param options `timeoutMs`: for the request and all of its response
   * @throws SpoorError `network_error`; the signal's reason when it aborts
   */
  async json(
    method: string,
    path: string,
    { timeoutMs, signal, ...options }: RequestOptions & { readonly timeoutMs: number },
  ): Promise<JsonResponse> {
    const ending = new AbortController();
    const end = (): void => ending.abort(signal?.reason);
    const timer = setTimeout(
      () => ending.abort(this.#unreachable(`no response within ${timeoutMs} ms`)),
      timeoutMs,
    );
    signal?.addEventListener('abort', end);
    if (signal?.aborted === true) end();
    try {
      const response = await this.#send(method, path, { ...options, signal: ending.signal });
      const { status, headers } = response;
      return { status, headers, json: jsonOf(await this.#received(response.text(), ending.signal)) };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  /** @throws SpoorError for every status but those of success; the signal's reason when it aborts */
  async stream(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(method, path, options);
    if (response.ok && response.body !== null) return response.body;
    const { status, headers } = response;
    const text = await this.#received(response.text(), options.signal);
    throw errorOf({ status, headers, json: jsonOf(text) });
  }

  #send(
    method: string,
    path: string,
    { query = {}, headers, body, signal }: RequestOptions,
  ): Promise<Response> {
    const sent = this.#fetch(`${this.#url}${path}${queryString(query)}`, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    return this.#received(sent, signal);
  }

  async #received<T>(part: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await part;
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      throw this.#unreachable(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #unreachable(why: string, cause?: unknown): SpoorError {
    return new SpoorError('network_error', `The service at ${this.#url} cannot be reached (${why}).`, {
      cause,
    });
  }
}

/** The error that a response stands for which is no success. */
export function errorOf({ status, headers, json }: JsonResponse): SpoorError {
  const { error, code, field } = json ?? {};
  const isOwn = typeof error === 'string' && typeof code === 'string';
  return new SpoorError(
    isOwn ? code : 'unexpected_response',
    isOwn ? error : `The service responded with status ${status} and no message.`,
    { status, field: typeof field === 'string' ? field : undefined, retryAfterMs: retryAfter(headers) },
  );
}

function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function jsonOf(text: string): JsonResponse['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
