import { setMaxListeners } from 'node:events';
import { type Bucket, Refusal } from './bucket.ts';
import { ExportFailure, type ExportTarget, type PendingUpload } from './export-job.ts';

/** All parts but the last are of this size, which some stores demand; with the most parts there can be, that is 78 GiB. */
const PART_BYTES = 8 * 1_048_576;
const MAX_PARTS = 10_000;

/** Parts that are sent at once; each is in memory as long. */
const IN_FLIGHT = 2;

/** How long aborting a failed upload may take, while the request that cancels the job waits. */
const DISCARD_MS = 10_000;

export interface BucketFile {
  readonly key: string;
  readonly fileName: string;
  readonly contentType: string;
}

export interface BucketTargetOptions {
  readonly signal: AbortSignal;
  /** Called before the first part of an upload, which has to be aborted if this process does not live to. */
  readonly onUpload: (upload: PendingUpload) => Promise<void>;
}

/**
 * A file in a bucket. One that is larger than a part is a multipart upload, which is completed only by `commit`: until then there is no
 * object.
 */
export class BucketTarget implements ExportTarget {
  readonly #bucket: Bucket;
  readonly #file: BucketFile;
  readonly #options: BucketTargetOptions;
  readonly #gathered: Buffer[] = [];
  #bytes = 0;
  #upload: PendingUpload | undefined;
  #parts = 0;
  readonly #tags: string[] = [];
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(bucket: Bucket, file: BucketFile, options: BucketTargetOptions) {
    this.#bucket = bucket;
    this.#file = file;
    this.#options = options;
    // Each part that is sent listens to it.
    setMaxListeners(0, options.signal);
  }

  async write(bytes: Buffer): Promise<void> {
    this.#gathered.push(bytes);
    this.#bytes += bytes.length;
    while (this.#bytes > PART_BYTES) {
      const all = Buffer.concat(this.#gathered.splice(0));
      const rest = all.subarray(PART_BYTES);
      this.#gathered.push(rest);
      this.#bytes = rest.length;
      await this.#send(all.subarray(0, PART_BYTES));
    }
  }

  async commit(): Promise<void> {
    const { signal } = this.#options;
    const rest = Buffer.concat(this.#gathered.splice(0));
    const { key } = this.#file;
    if (this.#upload === undefined) {
      await this.#bucket.send({ method: 'PUT', key, headers: this.#headers, body: rest }, signal);
      return;
    }
    await this.#send(rest);
    await Promise.all(this.#sending);
    this.#throwFailure();
    const { uploadId } = this.#upload;
    const parts = this.#tags.map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
    );
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const headers = { 'Content-Type': 'application/xml' };
    const { text } = await this.#bucket.send(
      { method: 'POST', key, query: { uploadId }, headers, body },
      signal,
    );
    // A store that fails late has begun to answer with 200.
    if (!text.includes('<CompleteMultipartUploadResult')) {
      throw new ExportFailure('The destination did not complete the upload.');
    }
    this.#upload = undefined;
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#sending);
    // The signal may be what ends it all.
    if (this.#upload !== undefined) {
      await abortUpload(this.#bucket, this.#upload, AbortSignal.timeout(DISCARD_MS));
    }
    this.#upload = undefined;
  }

  async #send(part: Buffer): Promise<void> {
    this.#throwFailure();
    this.#upload ??= await this.#begin();
    if (++this.#parts > MAX_PARTS) {
      throw new ExportFailure('The file is larger than a destination takes, 78 GiB: narrow the range.');
    }
    const sending: Promise<void> = this.#sendPart(this.#upload, this.#parts, part)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
    if (this.#sending.size >= IN_FLIGHT) await Promise.race(this.#sending);
  }

  async #begin(): Promise<PendingUpload> {
    const { key } = this.#file;
    const { signal, onUpload } = this.#options;
    const { text } = await this.#bucket.send(
      { method: 'POST', key, query: { uploads: '' }, headers: this.#headers },
      signal,
    );
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1];
    if (uploadId === undefined) throw new ExportFailure('The destination did not begin the upload.');
    const upload = { key, uploadId: unescaped(uploadId) };
    this.#upload = upload;
    await onUpload(upload);
    return upload;
  }

  async #sendPart({ key, uploadId }: PendingUpload, number: number, body: Buffer): Promise<void> {
    const query = { partNumber: String(number), uploadId };
    const { headers } = await this.#bucket.send({ method: 'PUT', key, query, body }, this.#options.signal);
    const tag = headers.etag;
    if (tag === undefined) throw new ExportFailure('The destination did not confirm a part of the file.');
    this.#tags[number - 1] = tag;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  get #headers(): Readonly<Record<string, string>> {
    const { fileName, contentType } = this.#file;
    return { 'Content-Type': contentType, 'Content-Disposition': `attachment; filename="${fileName}"` };
  }
}

/** Aborts an upload, so that the store keeps none of its parts; one that is not there any more is none. @throws as `Bucket.send` */
export async function abortUpload(
  bucket: Bucket,
  { key, uploadId }: PendingUpload,
  signal: AbortSignal,
): Promise<void> {
  try {
    await bucket.send({ method: 'DELETE', key, query: { uploadId } }, signal);
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) throw error;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescaped(xml: string): string {
  return xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
