import type { ArrivalWindow } from '../click-rows/click-query.ts';
import type { Principal, Scope } from '../keys/scopes.ts';
import type { RawParameters } from '../stats/parse/raw-parameters.ts';

/** What can be exported. */
export const EXPORTED = ['stats', 'clicks'] as const;

export type Exported = (typeof EXPORTED)[number];

/** What to export, with everything that the result depends on, so that it can be run later, and again. */
export interface ExportOrder {
  readonly what: Exported;
  readonly format: string;
  /** As the route of exports takes them, but for filters and segments. Relative dates are of the moment `at`. */
  readonly parameters: RawParameters;
  /** All filters in their normal form, as JSON, with those of the segments that the parameters name. */
  readonly filters: string;
  /** Who asked; what it may see is looked up when the export is carried out. */
  readonly principal: Principal;
  /** Unix milliseconds. */
  readonly at: number;
  /** Of clicks, only those that arrived in between, whenever they happened; not given: whenever they arrived. */
  readonly arrived?: ArrivalWindow | undefined;
  /** A destination by its name; null: a file in the data directory. */
  readonly destination: string | null;
  /** The name of the file; null: by what is in it. In a destination, a file of the same name of the same owner is replaced. */
  readonly fileName: string | null;
  /** Scopes that a key needs to see it, all of them, beside one of those for what is exported. */
  readonly scopes: readonly Scope[];
}

/** The most that an order may have as JSON, bytes of UTF-8. */
export const MAX_ORDER_BYTES = 262_144;

/** The fields of an order that lists show, and sweeps go by. */
const LISTED_FIELDS = ['what', 'format', 'destination', 'fileName', 'scopes'] as const;

export type ListedOrder = Pick<ExportOrder, (typeof LISTED_FIELDS)[number]>;

/** An order without the parts that only its execution needs, which may be large. */
export function listedOrder({ what, format, destination, fileName, scopes }: ListedOrder): ListedOrder {
  return { what, format, destination, fileName, scopes };
}

/** `queued`: waiting for a free slot, or for the next attempt; `failed`: given up, `error` says why. */
export const JOB_STATES = ['queued', 'running', 'done', 'failed'] as const;

export type JobState = (typeof JOB_STATES)[number];

/** A multipart upload that is under way: it must be completed or aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** An export that is carried out without a client waiting for it. Times are Unix milliseconds. */
export interface ExportJob {
  /** Those of jobs that were created later are larger. */
  readonly id: string;
  readonly ownerId: string;
  /** The rest of it is read when the job runs. */
  readonly order: ListedOrder;
  /** The instance that carries it out and has its file. */
  readonly instance: string;
  readonly state: JobState;
  /** Why it failed, in a sentence. */
  readonly error: string | null;
  /** Known once it has begun. */
  readonly fileName: string | null;
  readonly contentType: string | null;
  readonly upload: PendingUpload | null;
  /** In the file; null where they are not counted. */
  readonly rows: number | null;
  /** Written so far. */
  readonly bytes: number;
  /** How much of it is done, from 0 to 1, while this process makes it; null: not known. It is not stored. */
  readonly progress: number | null;
  /** How often it has been begun. */
  readonly attempts: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly expiresAt: number;
  /** Of its row; 0: it has none. */
  readonly version: number;
}

/** An order that is being carried out. */
export interface OpenedExport {
  /** A safe name in ASCII. */
  readonly fileName: string;
  readonly contentType: string;
  /** How the bytes are compressed, where it is not the file that is. */
  readonly contentEncoding?: 'gzip' | undefined;
  /** Whether that depends on what the client accepts. */
  readonly isNegotiable?: boolean;
  /** Made as they are read. They end only where the file is whole, and throw otherwise. */
  readonly bytes: AsyncIterable<Buffer | string>;
  /** Rows of the file, once its bytes are read; undefined where they are not counted. To be asked before it is ended. */
  readonly rows: () => Promise<number | undefined>;
  /** Settles once ClickHouse has ended the query after an abort; at once where it has nothing to end. */
  readonly ended: () => Promise<void>;
}

/** How much of what an export reads has been read, from 0 to 1; undefined: not known. */
export type ReadProgress = () => Promise<number | undefined>;

/**
 * Begins to carry out an order.
 * @param ownerId whom it counts against; the caller has an export slot for that owner
 * @param stopped ends it; the caller aborts it in any case when it has done with the bytes
 * @param onQuery called when its query is about to be sent
 * @throws AppError
 */
export type OpenExport = (
  order: ExportOrder,
  ownerId: string,
  stopped: AbortController,
  onQuery: (progress: ReadProgress) => void,
) => Promise<OpenedExport>;

/** Where the bytes of an export go. */
export interface ExportTarget {
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Turns what was written into the file, which is not visible before. */
  readonly commit: () => Promise<void>;
  /** Leaves nothing of it; does nothing after `commit`. */
  readonly discard: () => Promise<void>;
}

/** Why an export is given up, in a sentence for its owner; trying again makes no sense. */
export class ExportFailure extends Error {}
