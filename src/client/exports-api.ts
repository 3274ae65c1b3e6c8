import type { JobBody } from '../http/api/export-job-body.ts';
import type { ExportQuery } from './export-query.ts';
import { type ReadOptions, type Reader, hasFields, isNothing, jsonOf } from './reader.ts';
import type { Requests } from './requests.ts';
import { waited } from './retry.ts';
import { SpoorError } from './spoor-error.ts';

/** A file to be made, as `POST /api/v1/exports` takes it. */
export type ExportOrder = ExportQuery & {
  /** A destination that the operator has set up, by its name. Default: Spoor stores the file. */
  readonly destination?: string | null | undefined;
};

/** An export job. */
export type ExportJob = Readonly<JobBody>;

/** What `GET /api/v1/exports` takes. */
export interface ExportsQuery {
  readonly owner_id?: string | undefined;
  /** Exports of a page, 1,000 at most. */
  readonly limit?: number | undefined;
}

const PATH = '/api/v1/exports';
const isJob = hasFields<ExportJob>('id', 'status');

const FIRST_LOOK_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** Export jobs. All methods reject with a SpoorError. */
export class Exports {
  readonly #reader: Reader;
  readonly #requests: Requests;

  constructor(reader: Reader, requests: Requests) {
    this.#reader = reader;
    this.#requests = requests;
  }

  /** Creates an export. It is sent once: after a `network_error` there may be one or not. */
  create(order: ExportOrder, { signal }: ReadOptions = {}): Promise<ExportJob> {
    return this.#reader.send('POST', PATH, jsonOf(order, signal), isJob);
  }

  get(id: string, { signal }: ReadOptions = {}): Promise<ExportJob> {
    return this.#reader.read('GET', pathOf(id), { signal }, isJob);
  }

  /** The newest first, page by page as they are read. */
  list(query: ExportsQuery = {}, options: ReadOptions = {}): AsyncGenerator<ExportJob, void, void> {
    return this.#reader.pages(PATH, query, (cursor) => ({ ...query, cursor }), options);
  }

  /**
   * Waits until the file is whole, and looks less often the longer that takes.
   * @throws SpoorError `export_failed` where it was given up
   */
  async wait(id: string, { signal }: ReadOptions = {}): Promise<ExportJob> {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const job = await this.get(id, { signal });
      if (job.status === 'done') return job;
      if (job.status !== 'queued' && job.status !== 'running') {
        throw new SpoorError('export_failed', job.error ?? 'The file of the export is no longer kept.');
      }
      await waited(pause, signal);
    }
  }

  /** The file of an export that is done, as it comes. Where it is cut off, reading it fails. */
  download(id: string, { signal }: ReadOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#requests.stream('GET', `${pathOf(id)}/file`, { signal });
  }

  /** Cancels an export, and removes its file. */
  delete(id: string, { signal }: ReadOptions = {}): Promise<void> {
    return this.#reader.send('DELETE', pathOf(id), { signal }, isNothing);
  }
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}
