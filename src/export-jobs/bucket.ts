import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { unavailable } from '../errors.ts';
import type { Destination } from './destination.ts';
import { ExportFailure } from './export-job.ts';

/** Attempts of one request, and milliseconds before the second; before each further one twice as many. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** What stores say is a few lines. */
const MAX_RESPONSE_BYTES = 65_536;

/** How long one request may take: with a body, which has to get there or says what the store has to put together, and without. */
const REQUEST_MS = { withBody: 300_000, bare: 30_000 };

export interface BucketRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface BucketResponse {
  readonly headers: Headers;
  readonly text: string;
}

/** A bucket of an S3-compatible store, addressed by path. */
export class Bucket {
  readonly #name: string;
  readonly #destination: Destination;
  readonly #client: AwsClient;

  /** @param name of the destination, for what its owner is told of failures */
  constructor(name: string, destination: Destination) {
    this.#name = name;
    this.#destination = destination;
    const { accessKeyId, secretAccessKey, region } = destination;
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 });
  }

  /**
   * Sends a request, again where the store is busy or does not answer.
   * @throws ExportFailure where the store refuses it, AppError `unavailable` where it does not answer; the signal's reason
   */
  async send(request: BucketRequest, signal?: AbortSignal): Promise<BucketResponse> {
    for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause *= 2) {
      const response = await this.#try(request, signal);
      if (response !== undefined && response.status < 300) return response;
      const isBusy = response === undefined || response.status >= 500 || response.status === 429;
      if (response !== undefined && !isBusy) throw this.#refused(response);
      if (attempt === ATTEMPTS) throw unavailable(`The destination ${this.#name} does not respond.`);
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
    const timeout = AbortSignal.timeout(body === undefined ? REQUEST_MS.bare : REQUEST_MS.withBody);
    try {
      const signed = await this.#client.sign(url.href, {
        method,
        headers: { ...headers, 'X-Amz-Content-Sha256': sha256Of(body) },
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
        // A redirect would lead to a host that the operator has not named.
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const response = await fetch(signed);
      return { status: response.status, headers: response.headers, text: await beginningOf(response) };
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  #refused({ status, text }: { readonly status: number; readonly text: string }): ExportFailure {
    const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1];
    const reason = code === undefined ? String(status) : `${status} ${code}`;
    return new ExportFailure(`The destination ${this.#name} refused the file (${reason}).`);
  }
}

/** Of the text of a response, which a store may send for ever. */
async function beginningOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
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
