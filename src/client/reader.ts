import { type RequestOptions, type Requests, errorOf } from './requests.ts';
import { retrying } from './retry.ts';

export interface ReadOptions {
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** Milliseconds for which a request is repeated, and that one response may take. */
const READ_RETRY_MS = 15_000;
const TIMEOUT_MS = 90_000;

/** Reads what the service has as JSON. All methods reject with a SpoorError, or with the reason of the signal. */
export class Reader {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Sends a request that changes nothing, and repeats it while the service is busy or unreachable. @param isBody whether it is Spoor's response */
  read<Body>(
    method: string,
    path: string,
    options: RequestOptions,
    isBody: (json: unknown) => json is Body,
    forMs = READ_RETRY_MS,
  ): Promise<Body> {
    return retrying(() => this.send(method, path, options, isBody), { forMs, signal: options.signal });
  }

  /** Sends a request once: after a failure it may have been carried out or not. */
  async send<Body>(
    method: string,
    path: string,
    options: RequestOptions,
    isBody: (json: unknown) => json is Body,
  ): Promise<Body> {
    const response = await this.#requests.json(method, path, { ...options, timeoutMs: TIMEOUT_MS });
    const { status, json } = response;
    if (status >= 200 && status < 300 && isBody(json)) return json;
    throw errorOf(response);
  }

  /** The items of all pages, each of which is read when it is needed. @param next the parameters of a further page */
  async *pages<Item>(
    path: string,
    query: object,
    next: (cursor: string) => object,
    { signal }: ReadOptions,
  ): AsyncGenerator<Item, void, void> {
    for (let asked = query; ;) {
      const options = { query: asked, signal };
      const page = await this.read('GET', path, options, hasFields<Page<Item>>('items', 'next_cursor'));
      yield* page.items;
      if (page.next_cursor === null) return;
      asked = next(page.next_cursor);
    }
  }
}

/** Options of a request with a JSON body. */
export function jsonOf(body: object, signal: AbortSignal | undefined): RequestOptions {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
}

/** Whether it is what the service sends; something in between may respond with a page of its own. */
export function hasFields<Body>(...names: readonly (keyof Body & string)[]): (json: unknown) => json is Body {
  return (json): json is Body =>
    typeof json === 'object' && json !== null && names.every((name) => name in json);
}

/** A response without a body. */
export function isNothing(json: unknown): json is undefined {
  return json === undefined;
}
