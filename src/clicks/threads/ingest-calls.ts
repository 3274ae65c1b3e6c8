import type { QueryOptions } from '../../clickhouse/query-options.ts';
import type { InsertOptions } from '../../clickhouse/insert.ts';
import type { Shards } from '../../clickhouse/cluster.ts';
import type { ShortRequests } from '../../fair-share/right-of-way.ts';
import type { Sql } from '../../sql/sql.ts';
import type { NewUrl, ShortUrl } from '../../urls/short-url.ts';
import type { Repeats } from '../import/import-stream.ts';
import type { BatchRequest } from '../import/store-batch.ts';
import type { ImportReport } from '../import/import-report.ts';
import type { LineList } from '../import/timed-lines.ts';
import type { ClicksRequest, IngestReport } from '../ingest-bytes.ts';
import type { PlaceFiles } from '../place-database.ts';

/** What a thread is started with. */
export interface ThreadSettings {
  readonly visitorSecret: string;
  readonly retentionDays: number | undefined;
  readonly shards: Shards | undefined;
  /** Whether the place files have a database of networks. */
  readonly hasNetworks: boolean;
  /** What it gives way to. */
  readonly shortRequests: ShortRequests;
  /** For its caches of user agents and places. */
  readonly cacheBytes: number;
}

/** Memory that a request may take in a thread, counted by the main one. */
export interface ThreadRoom {
  /** As `Room.most`. */
  readonly most: number;
  /** What it may take without asking for more. */
  readonly granted: number;
  /** Says how the main thread has answered the latest wish for more. */
  readonly answer: Int32Array<SharedArrayBuffer>;
}

/** Work of the main thread around which it calls the thread back: `resume` runs what has this number. */
type Callback = number;

/** An insert of clicks, as the bytes that ClickHouse takes. */
export interface SentBlock {
  readonly columns: readonly string[];
  readonly options: InsertOptions | undefined;
  readonly owners: ReadonlySet<string>;
  readonly pieces: readonly Uint8Array[];
}

/** What a thread offers for one request. */
export interface ThreadCalls {
  readonly ingest: (request: ClicksRequest, room: ThreadRoom) => Promise<IngestReport>;
  readonly storeBatch: (request: BatchRequest, room: ThreadRoom) => Promise<ImportReport>;
  readonly resume: (work: Callback) => Promise<void>;
  /** Nobody waits for the response any more. */
  readonly abort: () => void;
}

/** What the main thread offers to the thread that works on a request. */
export interface MainCalls {
  readonly placeFiles: () => Promise<PlaceFiles>;
  /** Settles `answer` of the room; the thread waits for that. */
  readonly growRoom: (units: number) => void;
  /** Names codes for `withinCodes`, which is given them in parts. */
  readonly addCodes: (codes: readonly string[]) => void;
  /** Holds the locks of the codes that were added while it calls back. */
  readonly withinCodes: (work: Callback) => Promise<void>;
  /** As in `IngestOptions`. */
  readonly mayStore: () => Promise<void>;
  /** Calls back while no other import looks up or stores clicks. */
  readonly alone: (work: Callback) => Promise<void>;
  readonly findMany: (codes: readonly string[]) => Promise<ReadonlyMap<string, ShortUrl>>;
  readonly registerMissing: (wanted: readonly NewUrl[]) => Promise<ReadonlyMap<string, ShortUrl>>;
  readonly rows: (query: Sql, options?: QueryOptions) => Promise<readonly (readonly unknown[])[]>;
  readonly binaryRows: (query: Sql, options?: QueryOptions) => Promise<Uint8Array>;
  readonly insert: (block: SentBlock) => Promise<void>;
  readonly count: (lines: LineList) => Promise<Repeats>;
}

export const ROOM_ANSWERS = { none: 0, granted: 1, refused: 2 } as const;
