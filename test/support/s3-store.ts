import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

const BUCKET = 'exports';

/** An S3 server, with what s3rver lacks: it aborts uploads, and can be told to fail. */
export class S3Store {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spoor-s3-'));
  readonly #server: Server;
  /** Called with each request; a status in place of the server's answer, `cut` for none. */
  onRequest: (method: string, url: string) => number | 'cut' | undefined = () => undefined;
  /** Requests are answered once it has settled. */
  opens: Promise<void> = Promise.resolve();

  constructor() {
    const s3 = new S3rver({
      directory: this.#folder,
      silent: true,
      configureBuckets: [{ name: BUCKET, configs: [] }],
    });
    const ready = s3.configureBuckets();
    const serve = s3.callback();
    this.#server = createServer((request, response) => {
      const { method = '', url = '' } = request;
      const status = this.onRequest(method, url);
      if (status === 'cut') request.destroy();
      else if (status !== undefined) response.writeHead(status).end('<Error><Code>Told</Code></Error>');
      else if (method === 'DELETE' && url.includes('uploadId=')) {
        const id = new URL(url, 'http://s3').searchParams.get('uploadId') ?? '';
        rmSync(join(this.#uploads, id), { recursive: true, force: true });
        response.writeHead(204).end();
      } else void Promise.all([ready, this.opens]).then(() => serve(request, response));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** As the setting has it. */
  destination(prefix: string): object {
    const { port } = this.#server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: BUCKET,
      prefix,
      access_key_id: 'S3RVER',
      secret_access_key: 'S3RVER',
    };
  }

  /** The bytes of an object; undefined where there is none. */
  object(key: string): Buffer | undefined {
    const path = join(this.#folder, BUCKET, `${key}._S3rver_object`);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** Uploads that are neither completed nor aborted. */
  get openUploads(): readonly string[] {
    return existsSync(this.#uploads) ? readdirSync(this.#uploads) : [];
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #uploads(): string {
    return join(this.#folder, BUCKET, '._S3rver_uploads');
  }
}
