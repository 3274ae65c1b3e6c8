import type { QueryLimits } from '../clickhouse/workloads.ts';
import { FairShare, type ShareOptions } from './fair-share.ts';

/** Everything scarce that requests compete for in this process. */
export interface Shares {
  /** Statistics questions that ClickHouse answers at once. */
  readonly questions: FairShare;
  /** Those among them that read much: cheap ones find a slot whatever these do. */
  readonly dearQuestions: FairShare;
  /** Those that were too large for their share of memory: one at a time has much of it. */
  readonly largeQuestions: FairShare;
  readonly exports: FairShare;
  /** Bytes of exports' results that wait on the disk for slow readers. */
  readonly spool: FairShare;
  /** Bytes of request bodies in memory, decompressed. */
  readonly bodies: FairShare;
  /** Bytes of bodies whose clicks are being parsed and stored. */
  readonly ingestion: FairShare;
  readonly connections: FairShare;
  /** Requests under way, where proxies hold the connections. */
  readonly proxiedRequests: FairShare;
}

export interface ShareSizes {
  readonly maxQueries: number;
  readonly maxExports: number;
  readonly maxConnections: number;
  /** Proxies in front. */
  readonly trustProxy: number;
  readonly spoolBytes: number;
}

const MIB = 1_048_576;

/** Two of the largest bodies for each of two owners. */
const BODY_BYTES = 256 * MIB;

/** While 20 bytes of a click are parsed and inserted they become some hundred. */
const INGESTION_BYTES = 16 * MIB;

const half = (size: number): number => Math.max(1, Math.floor(size / 2));
const quarter = (size: number): number => Math.max(1, Math.floor(size / 4));

/** How many queries of each kind ClickHouse has to do at once. */
export function queryLimits({
  maxQueries,
  maxExports,
}: Pick<ShareSizes, 'maxQueries' | 'maxExports'>): QueryLimits {
  return { cheapQuestions: maxQueries, dearQuestions: half(maxQueries), exports: maxExports };
}

/** Every share, with its bounds and what a refusal says. */
export function createShares(sizes: ShareSizes): Shares {
  const { maxQueries, maxExports, spoolBytes, maxConnections, trustProxy } = sizes;
  const questions = {
    maxWaitMs: 10_000,
    maxWaiting: 1_000,
    refusal: 'Too many questions are asked at once: try again in a while.',
  };
  return {
    questions: new FairShare({
      ...questions,
      resource: 'questions',
      size: maxQueries,
      each: { owner: most(maxQueries), stranger: quarter(maxQueries) },
      strangers: half(maxQueries),
    }),
    dearQuestions: new FairShare({
      ...questions,
      resource: 'dear_questions',
      size: half(maxQueries),
      each: { owner: most(half(maxQueries)), stranger: quarter(half(maxQueries)) },
      strangers: half(half(maxQueries)),
    }),
    largeQuestions: new FairShare({
      ...questions,
      resource: 'large_questions',
      size: 1,
      each: { owner: 1, stranger: 1 },
      strangers: 1,
    }),
    exports: new FairShare({
      resource: 'exports',
      size: maxExports,
      each: { owner: half(maxExports), stranger: half(quarter(maxExports)) },
      strangers: quarter(maxExports),
      maxWaitMs: 5_000,
      maxWaiting: 400,
      refusal: 'Too many exports run at once: try again in a while.',
    }),
    spool: new FairShare({
      resource: 'spool_bytes',
      size: spoolBytes,
      each: { owner: half(spoolBytes), stranger: half(quarter(spoolBytes)) },
      strangers: quarter(spoolBytes),
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'Too many results wait on the disk: try again in a while.',
    }),
    bodies: new FairShare({
      resource: 'body_bytes',
      size: BODY_BYTES,
      each: { owner: half(BODY_BYTES), stranger: MIB },
      strangers: quarter(BODY_BYTES),
      maxWaitMs: 0,
      maxWaiting: 0,
      refusal: 'Too many large bodies are being sent at once: try again in a while.',
    }),
    ingestion: new FairShare({
      resource: 'ingestion_bytes',
      size: INGESTION_BYTES,
      each: { owner: half(INGESTION_BYTES), stranger: MIB },
      strangers: MIB,
      maxWaitMs: 30_000,
      maxWaiting: 4_000,
      refusal: 'Too many clicks are coming in at once: try again in a while.',
    }),
    connections: new FairShare({
      resource: 'connections',
      ...ofConnections(maxConnections),
      // A proxy's connections are those of all its clients.
      ...(trustProxy > 0 && { each: { owner: maxConnections, stranger: maxConnections } }),
    }),
    proxiedRequests: new FairShare({ resource: 'proxied_requests', ...ofConnections(maxConnections) }),
  };
}

/** Nobody waits for a connection, and everybody is a stranger until a request has been read. */
function ofConnections(size: number): Omit<ShareOptions, 'resource'> {
  return {
    size,
    each: { owner: quarter(size), stranger: quarter(size) },
    strangers: size,
    maxWaitMs: 0,
    maxWaiting: 0,
    refusal: 'Too many requests of this address are under way: try again in a while.',
  };
}

/** All but what leaves another holder one. */
function most(size: number): number {
  return Math.max(1, Math.min(size - 1, Math.ceil((size * 3) / 4)));
}
