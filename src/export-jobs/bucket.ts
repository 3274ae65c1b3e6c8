import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestEncrypted } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { AppError } from '../errors.ts';
import type { Destination } from './destination.ts';
import { ExportFailure } from './export-job.ts';

/** Attempts of one request, and milliseconds before the second; before each further one twice as many. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** What stores say is a few lines. */
const MAX_RESPONSE_BYTES = 65_536;

/** A store that takes no byte and sends none for so long is given up, */
const STALL_MS = 60_000;
/** and one that has not responded so long after it was asked. */
const REQUEST_MS = 300_000;

/** Size of the pieces in which a body is sent; each one sent counts as progress. */
const PIECE_BYTES = 65_536;

/** The store refused a request. */
export class Refusal extends ExportFailure {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A destination does not respond, or responds with errors of its own. An immediate retry would wait as long again. */
export class DestinationDown extends AppError {
  /** @param status the last that it responded with */
  constructor(name: string, status?: number) {
    const what = status === undefined ? 'does not respond' : `takes nothing now (status ${status})`;
    super('unavailable', `The destination ${name} ${what}.`);
  }
}

export interface BucketRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface BucketResponse {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A bucket of an S3-compatible store, addressed by path. */
export class Bucket {
  readonly #name: string;
  readonly #destination: Destination;
  readonly #client: AwsClient;
  readonly #stallMs: number;

  /**
   * @param name of the destination, for what its owner is told of failures
   * @param stallMs how long the store may take no byte and send none
   */
  constructor(name: string, destination: Destination, stallMs = STALL_MS) {
    this.#name = name;
    this.#stallMs = stallMs;
    this.#destination = destination;
    const { accessKeyId, secretAccessKey, region } = destination;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 });
  }

  /**
   * Sends a request, again where the store is busy or breaks the connection, but not where it hangs.
   * @throws Refusal where the store refuses it, DestinationDown where it does not respond; the signal's reason
   */
  async send(request: BucketRequest, signal?: AbortSignal): Promise<BucketResponse> {
    for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause *= 2) {
      const response = await this.#try(request, signal);
      if (response !== undefined && response.status < 300) return response;
      const isBusy = response === undefined || response.status >= 500 || response.status === 429;
      if (response !== undefined && !isBusy) throw this.#refused(response);
      if (attempt === ATTEMPTS) throw new DestinationDown(this.#name, response?.status);
      await delay(pause, undefined, signal === undefined ? {} : { signal });
    }
  }

  async #try(
    { method, key, query = {}, headers = {}, body }: BucketRequest,
    signal?: AbortSignal,
  ): Promise<(BucketResponse & { readonly status: number }) | undefined> {
    const { endpoint, bucket } = this.#destination;
    const url = new URL(`${endpoint}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const timeout = AbortSignal.timeout(REQUEST_MS);
    const ended = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let hangs = false;
    try {
      const signed = await this.#client.sign(url.href, {
        method,
        headers: { ...headers, 'X-Amz-Content-Sha256': sha256Of(body) },
      });
      // A redirect, which would lead to a host that the operator has not named, is not followed.
      const outgoing = (url.protocol === 'https:' ? requestEncrypted : requestPlain)(url, {
        method,
        headers: { ...Object.fromEntries(signed.headers), 'Content-Length': body?.length ?? 0 },
        signal: ended,
      });
      outgoing.setTimeout(this.#stallMs, () => {
        hangs = true;
        outgoing.destroy();
      });
      const responded = once(outgoing, 'response') as Promise<[IncomingMessage]>;
      // A store may respond before it has all of the body.
      outgoing.on('error', () => {});
      pipeline(Readable.from(piecesOf(body)), outgoing).catch(() => {});
      const [response] = await responded;
      const text = await beginningOf(response);
      if (!outgoing.writableFinished) outgoing.destroy();
      return { status: response.statusCode ?? 0, headers: response.headers, text };
    } catch {
      signal?.throwIfAborted();
      if (hangs || timeout.aborted) throw new DestinationDown(this.#name);
      return undefined;
    }
  }

  #refused({ status, text }: { readonly status: number; readonly text: string }): Refusal {
    const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
    const reason = code === undefined ? String(status) : `${status} ${code}`;
    return new Refusal(`The destination ${this.#name} refused the file (${reason}).`, status);
  }
}

function* piecesOf(body: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** Of the text of a response, which a store may send for ever. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= MAX_RESPONSE_BYTES) break;
  }
  return Buffer.concat(pieces).toString();
}

function sha256Of(body: Buffer | undefined): string {
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex');
}
