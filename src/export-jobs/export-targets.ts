import { nearestName } from '../lib/names.ts';
import { BucketTarget, abortUpload } from './bucket-target.ts';
import { Bucket } from './bucket.ts';
import { type Destinations, ownerPrefix } from './destination.ts';
import type { ExportFolder } from './export-folder.ts';
import { ExportFailure, type ExportJob, type ExportTarget, type PendingUpload } from './export-job.ts';

export interface TargetOptions {
  readonly signal: AbortSignal;
  /** Called before the first part of an upload, which has to be aborted if this process does not live to. */
  readonly onUpload: (upload: PendingUpload) => Promise<void>;
}

/** Where the files of jobs go: the folder of this instance, and the destinations that the operator has named. */
export class ExportTargets {
  readonly #folder: ExportFolder | undefined;
  readonly #destinations: Destinations;

  constructor(folder: ExportFolder | undefined, destinations: Destinations) {
    this.#folder = folder;
    this.#destinations = destinations;
  }

  has(destination: string): boolean {
    return this.#destinations.has(destination);
  }

  /** The name of a destination that is spelt most like a text; undefined where none is like it. */
  nearest(text: string): string | undefined {
    return nearestName(text, this.#destinations.keys());
  }

  /** Begins the file of a job whose name is known. @throws ExportFailure where it cannot be had */
  async open(job: ExportJob, { signal, onUpload }: TargetOptions): Promise<ExportTarget> {
    const { id, ownerId, order, fileName, contentType } = job;
    if (order.destination === null) {
      if (this.#folder === undefined) throw new ExportFailure('Exports cannot be stored on this instance.');
      return this.#folder.create(id, { kind: 'owner', name: ownerId });
    }
    const key = this.keyOf(job);
    if (key === undefined || fileName === null || contentType === null) throw gone();
    const file = { key, fileName, contentType };
    return new BucketTarget(this.#bucket(order.destination), file, { signal, onUpload });
  }

  /** Where the file of a job lies in its destination; undefined where it is no file in one that is there. */
  keyOf({ id, ownerId, order, fileName }: ExportJob): string | undefined {
    const destination = this.#destinations.get(order.destination ?? '');
    if (destination === undefined || fileName === null) return undefined;
    const prefix = ownerPrefix(destination, ownerId);
    return order.fileName === null ? `${prefix}${id}/${fileName}` : `${prefix}${fileName}`;
  }

  /** Aborts the upload that an attempt at a job has left. @throws as `abortUpload` */
  async abortUpload({ order, upload }: ExportJob, signal: AbortSignal): Promise<void> {
    if (order.destination === null || upload === null) return;
    await abortUpload(this.#bucket(order.destination), upload, signal);
  }

  #bucket(name: string): Bucket {
    const destination = this.#destinations.get(name);
    if (destination === undefined) throw gone();
    return new Bucket(name, destination);
  }
}

function gone(): ExportFailure {
  return new ExportFailure('The destination is not there any more.');
}
