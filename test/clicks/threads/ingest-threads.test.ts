import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { AppError, unavailable } from '../../../src/errors.ts';
import { FairShare } from '../../../src/fair-share/fair-share.ts';
import { Room } from '../../../src/fair-share/room.ts';
import { ByteLru } from '../../../src/cache/byte-lru.ts';
import { enrichment } from '../../../src/clicks/enrichment.ts';
import { visitorHasher } from '../../../src/clicks/enrich/visitor.ts';
import { storeBatch } from '../../../src/clicks/import/store-batch.ts';
import { type ClicksRequest, ingestBytes } from '../../../src/clicks/ingest-bytes.ts';
import type { ImportTarget } from '../../../src/clicks/import/missing-clicks.ts';
import { ImportStream } from '../../../src/clicks/import/import-stream.ts';
import type { IngestContext } from '../../../src/clicks/ingest-options.ts';
import { ShortCodeLock } from '../../../src/urls/short-code-lock.ts';
import { NO_PLACE_FILES, type PlaceFiles } from '../../../src/clicks/place-database.ts';
import { keptSinceOf } from '../../../src/clicks/retention.ts';
import { CHUNK_ROWS, writeClicks } from '../../../src/clicks/writer.ts';
import { IngestThreads } from '../../../src/clicks/threads/ingest-threads.ts';
import { RightOfWay } from '../../../src/fair-share/right-of-way.ts';
import { ampleRoom } from '../../support/room.ts';

const SECRET = 'a secret';
const RECEIVED_AT = Date.UTC(2026, 0, 31);
const ROWS = 3_000;
const RETENTION_DAYS = 365;

/** The clicks of every third code are of somebody else, and some clicks are wrong. */
const CLICKS = Array.from({ length: ROWS }, (_, place) => ({
  short_code: place % 50 === 7 ? '' : `code-${place % 40}`,
  clicked_at: RECEIVED_AT - place * 61_007 * (place % 9 === 0 ? 1_000 : 1),
  ip: place % 30 === 3 ? 'nowhere' : `192.0.2.${place % 200}`,
  user_agent: `Mozilla/5.0 (Windows NT 10.0; rv:${place % 7}) Gecko/20100101 Firefox/12${place % 9}.0`,
  referrer: `https://example.com/${place % 11}?q=${place}`,
  click_id: `c-${place}`,
}));

const BODIES = {
  json: JSON.stringify(CLICKS),
  ndjson: CLICKS.map((click) => JSON.stringify(click)).join('\n\n'),
};

/** What keeps clicks, but for ClickHouse. */
class Stored {
  readonly blocks: Buffer[] = [];
  readonly lock = new ShortCodeLock();
  /** Called before each insert. */
  before: () => void | Promise<void> = () => {};
  registered = new Map<string, string>();
  readonly urls: IngestContext['urls'] = {
    codeLock: this.lock,
    findMany: async (codes) => this.#of(codes.filter((code) => this.registered.has(code))),
    registerMissing: async (wanted) => {
      for (const { shortCode } of wanted) {
        const isOthers = Number(shortCode.slice('code-'.length)) % 3 === 0;
        this.registered.set(shortCode, isOthers ? 'other' : 'me');
      }
      return this.#of(wanted.map(({ shortCode }) => shortCode));
    },
  };
  readonly writer: IngestContext['writer'] = {
    write: (rows, once) => writeClicks(this.database as never, rows, once),
    writeBlock: async (block) => {
      await this.before();
      const pieces: Buffer[] = [];
      for await (const piece of block.pieces()) pieces.push(piece);
      this.blocks.push(Buffer.concat(pieces));
    },
  };
  readonly database = {
    rows: async () => [],
    binaryRows: async () => Buffer.alloc(0),
    insertBlock: (_: string, block: never) => this.writer.writeBlock(block),
  };

  #of(codes: readonly string[]) {
    return new Map(
      codes.map((shortCode) => [
        shortCode,
        {
          shortCode,
          ownerId: this.registered.get(shortCode) ?? '',
          createdAt: 0,
          privateStats: true,
          longUrl: null,
          tags: [],
        },
      ]),
    );
  }
}

/** Of the test that is running. */
let there = new Stored();
let placeFiles = async (): Promise<PlaceFiles> => NO_PLACE_FILES;

/** The same for all tests, since a thread takes a moment to start. */
const threads = new IngestThreads({
  get context() {
    return there;
  },
  get database() {
    return there.database;
  },
  placeFiles: () => placeFiles(),
  settings: {
    visitorSecret: SECRET,
    retentionDays: RETENTION_DAYS,
    hasNetworks: true,
    shards: undefined,
    shortRequests: new RightOfWay().shared,
    cacheBytes: 1_000_000,
  },
  maxThreads: 1,
  heapBytes: 256 * 1_048_576,
  onFailure: (error) => {
    throw error;
  },
});

beforeEach(() => {
  there = new Stored();
});

afterAll(() => threads.close());

function contextOf(stored: Stored): IngestContext {
  return {
    urls: stored.urls,
    writer: stored.writer,
    keptSince: keptSinceOf(RETENTION_DAYS),
    ...enrichment({
      hashVisitor: visitorHasher(SECRET),
      placeFiles: async () => NO_PLACE_FILES,
      hasNetworks: true,
      caches: { userAgents: new ByteLru(1_000_000), places: new ByteLru(1_000_000) },
    }),
  };
}

function requestOf(format: 'json' | 'ndjson', parts: Partial<ClicksRequest> = {}): ClicksRequest {
  return {
    bytes: Buffer.from(BODIES[format]),
    format,
    ownerId: 'me',
    isAdmin: false,
    receivedAt: RECEIVED_AT,
    badAtMost: 10_000,
    findingsShown: 20,
    ...parts,
  };
}

const staying = () => ({ room: ampleRoom(), signal: new AbortController().signal });

test.each<[string, ClicksRequest]>([
  ['JSON', requestOf('json')],
  ['NDJSON', requestOf('ndjson')],
  ['an administrator’s clicks', requestOf('ndjson', { isAdmin: true })],
  ['an insert with a name', requestOf('json', { once: { name: 'a name', isRetry: false } })],
  [
    'nothing but wrong clicks',
    requestOf('ndjson', { bytes: Buffer.from('{"short_code":""}\n'.repeat(99)), badAtMost: 50 }),
  ],
])('a thread stores and reports what this one would: %s', async (_, request) => {
  const here = new Stored();
  const expected = await ingestBytes(contextOf(here), request, staying());
  const bytes = Buffer.from(request.bytes);
  expect(await threads.ingest({ ...request, bytes }, staying())).toEqual(expected);
  expect(there.blocks.map((block) => block.toString('latin1'))).toEqual(
    here.blocks.map((block) => block.toString('latin1')),
  );
  expect(there.registered).toEqual(here.registered);
});

test('so it does with a batch of an import', async () => {
  const target: ImportTarget = {
    id: 7n,
    ownerId: 'me',
    isAnyOwner: false,
    areDuplicatesAllowed: false,
    areCodesKnown: false,
    isDryRun: false,
  };
  const pieces = [Buffer.from(`${BODIES.ndjson}\n`), Buffer.from('{"short_code": "code-1"}\nno click\n')];
  const request = {
    // Among its lines is one at which requests with a name are cut into two inserts.
    batch: { reading: { format: 'ndjson' as const, columns: [] }, firstLine: CHUNK_ROWS - 1_000, pieces },
    target,
    now: RECEIVED_AT,
  };
  let asked = 0;
  const surroundings = () => {
    const stream = new ImportStream();
    return {
      room: ampleRoom(),
      count: stream.count.bind(stream),
      alone: (work: () => Promise<void>) => work(),
      mayStore: async () => void asked++,
    };
  };
  const here = new Stored();
  const parts = { database: here.database as never, shards: undefined, context: contextOf(here) };
  const expected = await storeBatch(parts, request, surroundings());
  expect(await threads.storeBatch(request, surroundings())).toEqual(expected);
  expect(asked).toBe(2);
  expect(expected.accepted).toBeGreaterThan(1_000);
  expect(here.blocks).toHaveLength(1);
  expect(there.blocks.map((block) => block.toString('latin1'))).toEqual(
    here.blocks.map((block) => block.toString('latin1')),
  );
  // It may have to be stored again.
  expect(pieces.map(({ length }) => length).every((length) => length > 0)).toBe(true);
});

test('a thread runs after the others of the process', async () => {
  await threads.ingest(requestOf('json'), staying());
  // Fields behind the name, which may hold blanks; the 19th of all is the niceness.
  const niceness = (id: string) =>
    Number(readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16]);
  const all = readdirSync('/proc/self/task').map(niceness);
  expect(Math.max(...all)).toBeGreaterThan(niceness(String(process.pid)));
});

test('an error of the main thread comes back as it was', async () => {
  const error = unavailable('ClickHouse is full.', new Error('its cause'));
  there.before = () => Promise.reject(error);
  await expect(threads.ingest(requestOf('json'), staying())).rejects.toBe(error);
  await there.lock.shut(async () => {});
});

test('an error of the body keeps what clients are told of it', async () => {
  const request = requestOf('json', { bytes: Buffer.from(`${BODIES.json},`) });
  const refused = threads.ingest(request, staying());
  await expect(refused).rejects.toMatchObject({ code: 'validation_error', status: 400, field: 'body' });
  await expect(refused).rejects.toBeInstanceOf(AppError);
});

test('a client that leaves ends the work, and nothing is stored', async () => {
  const client = new AbortController();
  placeFiles = async () => {
    client.abort();
    return NO_PLACE_FILES;
  };
  // A new thread has not opened the database.
  await threads.close();
  const left = threads.ingest(requestOf('ndjson'), { room: ampleRoom(), signal: client.signal });
  await expect(left).rejects.toMatchObject({ name: 'AbortError' });
  expect(there.blocks).toEqual([]);
});

test('what a thread takes of memory is bounded by the main one', async () => {
  const share = new FairShare({
    resource: 'heap',
    size: 100_000,
    each: { owner: 100_000, anonymous: 0 },
    anonymous: 0,
    maxWaitMs: 0,
    maxWaiting: 0,
    refusal: 'Too many clicks are arriving.',
  });
  const lease = await share.acquire({ kind: 'owner', name: 'me' }, { units: 1_000 });
  const room = new Room(share, lease);
  const bytes = Buffer.from(
    Array.from({ length: 600 }, (_, place) => `{"short_code":"${place}"}`).join('\n'),
  );
  await expect(
    threads.ingest(requestOf('ndjson', { bytes }), { room, signal: new AbortController().signal }),
  ).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('more memory at once') });
  const few = requestOf('ndjson', { bytes: Buffer.from('{"short_code":"code-1"}') });
  expect((await threads.ingest(few, staying())).accepted).toBe(1);
});

test('a thread that ends fails its requests alone, and holds no lock', async () => {
  there.before = () => threads.close();
  await expect(threads.ingest(requestOf('json'), staying())).rejects.toMatchObject({
    code: 'unavailable',
    retryAfter: expect.any(Number),
  });
  // Its insert was under way, and ends before a deletion begins.
  await there.lock.shut(async () => expect(there.blocks).toHaveLength(1));
  there.before = () => {};
  expect((await threads.ingest(requestOf('json'), staying())).accepted).toBeGreaterThan(0);
});
