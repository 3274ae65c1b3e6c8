import { mapEntries } from '../lib/names.ts';
import { FairShare } from './fair-share.ts';
import type { ShareOptions } from './share.ts';

/** Everything scarce that requests compete for in this process. */
export type Shares = { readonly [Name in keyof ReturnType<typeof optionsOf>]: FairShare };

type Bounds = Omit<ShareOptions, 'resource'>;

export interface ShareSizes {
  readonly maxQueries: number;
  /** Of these, the ones that read much. */
  readonly maxExpensiveQueries: number;
  readonly maxExports: number;
  readonly maxConnections: number;
  /** Proxies in front. */
  readonly trustProxy: number;
  readonly spoolBytes: number;
  readonly exportFileBytes: number;
  /** What V8 lets the heap grow to, in bytes. */
  readonly heapBytes: number;
}

const MIB = 1_048_576;

/** Two of the largest bodies for each of two owners; one for each where there is little memory. */
const BODY_BYTES = { least: 128 * MIB, most: 256 * MIB };

const INGESTION_BYTES = { least: 16 * MIB, most: 384 * MIB };
/** Heap that all else needs. */
const RESERVED_HEAP_BYTES = 80 * MIB;
/** A heap that has no room for the batches of several imports. */
const SMALL_HEAP_BYTES = 512 * MIB;
/** Of the rest, what clicks may take: garbage is collected only when there is some. */
const INGESTION_OF_HEAP = 0.75;

const half = (size: number): number => Math.max(1, Math.floor(size / 2));
const quarter = (size: number): number => Math.max(1, Math.floor(size / 4));

/** So few that whoever comes next, or clicks with a new code, wait for a handful of writes. */
const URL_REQUESTS = { size: 8, each: { owner: 2, anonymous: 1 }, anonymous: 1 } as const;

/** Every share, under its name; in metrics that is written as in `export_file_bytes`. */
export function createShares(sizes: ShareSizes): Shares {
  const options = optionsOf(sizes);
  return mapEntries(options, (name) => new FairShare({ ...options[name], resource: snakeCase(name) }));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The bounds of every share, and what a refusal says. */
function optionsOf(sizes: ShareSizes) {
  const { maxQueries, maxExpensiveQueries, maxExports, spoolBytes, exportFileBytes } = sizes;
  const { maxConnections, trustProxy, heapBytes } = sizes;
  const bodyBytes = within(BODY_BYTES, heapBytes);
  const ingestionBytes = within(INGESTION_BYTES, (heapBytes - RESERVED_HEAP_BYTES) * INGESTION_OF_HEAP);
  const queueing = {
    maxWaitMs: 10_000,
    maxWaiting: 1_000,
    refusal: 'Too many stats queries are waiting: try again later.',
  };
  return {
    /** Stats queries that ClickHouse runs at once. */
    queries: {
      ...queueing,
      size: maxQueries,
      each: { owner: most(maxQueries), anonymous: quarter(maxQueries) },
      anonymous: half(maxQueries),
    },
    /** Those among them that read much: cheap ones find a slot whatever these do. */
    expensiveQueries: {
      ...queueing,
      size: maxExpensiveQueries,
      each: { owner: most(maxExpensiveQueries), anonymous: quarter(maxExpensiveQueries) },
      anonymous: half(maxExpensiveQueries),
    },
    /** Those that were too large for their share of memory: one at a time has much of it. */
    largeQueries: {
      ...queueing,
      // As long as the one before it may take.
      maxWaitMs: 30_000,
      size: 1,
      each: { owner: 1, anonymous: 1 },
      anonymous: 1,
    },
    exports: {
      size: maxExports,
      each: { owner: half(maxExports), anonymous: half(quarter(maxExports)) },
      anonymous: quarter(maxExports),
      maxWaitMs: 5_000,
      maxWaiting: 400,
      refusal: 'Too many exports are running: try again later.',
    },
    /** Requests that wait for new clicks: each looks for some every second. */
    followers: {
      size: 128,
      each: { owner: 16, anonymous: 1 },
      anonymous: 1,
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'Too many requests are waiting for new clicks: try again later.',
    },
    /** Requests that read or change the small tables, of URLs and others: changes are written one after the other, whoever they are of. */
    urlRequests: {
      ...URL_REQUESTS,
      maxWaitMs: 60_000,
      maxWaiting: 8_000,
      refusal:
        'Too many URLs, segments, schedules, exports or imports are being changed or looked up: try again later.',
    },
    /** Bytes of exports' results that wait on the disk for slow readers. */
    spoolBytes: {
      size: spoolBytes,
      each: { owner: half(spoolBytes), anonymous: half(quarter(spoolBytes)) },
      anonymous: quarter(spoolBytes),
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'Too many exports are waiting on disk: try again later.',
    },
    /** Bytes of the files of export jobs. */
    exportFileBytes: {
      size: exportFileBytes,
      each: { owner: half(exportFileBytes), anonymous: 0 },
      anonymous: 0,
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'The files of exports take all the space that they may: delete some.',
    },
    /** Bytes of request bodies in memory, decompressed. */
    bodyBytes: {
      size: bodyBytes,
      each: { owner: half(bodyBytes), anonymous: MIB },
      anonymous: quarter(bodyBytes),
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'Too many large bodies are being sent: try again later.',
    },
    /** Bytes of heap that the clicks take which are being parsed and stored. */
    ingestionHeapBytes: {
      size: ingestionBytes,
      each: { owner: half(ingestionBytes), anonymous: MIB },
      anonymous: MIB,
      maxWaitMs: 30_000,
      maxWaiting: 4_000,
      refusal: 'Too many clicks are arriving: try again later.',
    },
    /** Imports that are running: each holds some batches of its file in memory. */
    imports: {
      size: heapBytes < SMALL_HEAP_BYTES ? 2 : 4,
      each: { owner: heapBytes < SMALL_HEAP_BYTES ? 1 : 2, anonymous: 1 },
      anonymous: 1,
      // The one before may be of a file of many gigabytes.
      maxWaitMs: 3_600_000,
      maxWaiting: 128,
      refusal: 'Too many imports are waiting: try again later.',
    },
    /** Runs of schedules and calls of webhooks at once. An export that a run waits for has its slot among the exports. */
    scheduleRuns: {
      size: 16,
      each: { owner: 4, anonymous: 1 },
      anonymous: 1,
      // Whoever waits for longer is begun anew.
      maxWaitMs: 3_600_000,
      maxWaiting: 4_000,
      refusal: 'Too many schedules are running: try again later.',
    },
    connections: {
      ...ofConnections(maxConnections),
      // A proxy's connections are those of all its clients.
      ...(trustProxy > 0 && { each: { owner: maxConnections, anonymous: maxConnections } }),
    },
    /** Requests under way, where proxies hold the connections. */
    proxiedRequests: ofConnections(maxConnections),
  } satisfies Readonly<Record<string, Bounds>>;
}

/** Nobody waits for a connection, and every client is anonymous until its request has been read. */
function ofConnections(size: number): Bounds {
  return {
    size,
    each: { owner: quarter(size), anonymous: quarter(size) },
    anonymous: size,
    maxWaitMs: 0,
    maxWaiting: 0,
    refusal: 'Too many requests from this address are in progress: try again later.',
  };
}

function within({ least, most }: { readonly least: number; readonly most: number }, size: number): number {
  return Math.floor(Math.min(most, Math.max(least, size)));
}

/** All but what leaves another holder one. */
function most(size: number): number {
  return Math.max(1, Math.min(size - 1, Math.ceil((size * 3) / 4)));
}
