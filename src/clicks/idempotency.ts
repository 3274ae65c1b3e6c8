import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { AppError } from '../errors.ts';
import { param, sql } from '../sql/sql.ts';
import { endOfNamedInserts } from './named-insert.ts';

/** A request that its client may send again. The key belongs to the owner: two owners' equal keys are two keys. */
export interface KeyedRequest {
  readonly ownerId: string;
  readonly key: string;
  readonly bodySha256: string;
}

/** An attempt at a request, after those before it. */
export interface Attempt {
  /** When the first attempt came, Unix milliseconds. */
  readonly receivedAt: number;
  readonly isRetry: boolean;
  /** Settles when the request is on record, so that a retry knows of this attempt. Before that, none of its clicks may be stored. */
  readonly recorded: () => Promise<void>;
}

const COLUMNS = ['owner_id', 'key', 'body_sha256', 'received_at', 'answer', 'version'];

/**
 * Of several instances that get a request at once, the first by ClickHouse's clock has the highest version, and a response, whose
 * version is its time in microseconds, a higher one. (Until 2065, when the times are as large.)
 */
const STARTED = `SELECT *, '', 3000000000000000 - toUnixTimestamp64Micro(now64(6))
  FROM input('owner_id String, key String, body_sha256 String, received_at DateTime64(3)')`;

/** Of inserts of requests that have started. */
const QUERY_ID_PREFIX = 'requests-';

/** The stored record of a request. Its response (the column `answer`) is empty until it has one. */
interface Known {
  readonly bodySha256: string;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  readonly response: string;
  readonly version: number;
}

/** How long a response waits to be stored with another insert: one of its own takes longer than storing a few hundred clicks. */
const RESPONSE_DELAY_MS = 1_000;

const CLOSE_MS = 1_000;

/** If more characters of responses are not stored yet, requests wait until theirs is. */
const WAITING_CHARACTERS = 1_048_576;

/**
 * Stores keyed requests and their responses in ClickHouse for 7 days, so that a repeated request gets the same response and is not
 * counted again, and one whose first attempt was lost midway is completed.
 */
export class IdempotencyLedger {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #isAlone: boolean;
  readonly #writes: GroupCommit<readonly string[], void>;
  /** Requests that other instances may get at the same moment. */
  readonly #starts: GroupCommit<string, void>;
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** Requests whose responses are sent but not stored yet. */
  readonly #responded = new Map<string, Known & { readonly line: string }>();
  #waitingCharacters = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param isAlone no other process uses the table: responses are sent at once and stored a little later. A request that is sent again
   *   after a crash, before its response was stored, is completed, which gives the same response.
   */
  constructor(database: Database, nextVersion: NextVersion, isAlone: boolean) {
    this.#isAlone = isAlone;
    this.#database = database;
    this.#nextVersion = nextVersion;
    this.#writes = new GroupCommit((lines) => this.#insert(lines.flat()), {
      group: 10_000,
      waiting: 100_000,
    });
    this.#starts = new GroupCommit((lines) => this.#insertStarted(lines), {
      group: 10_000,
      waiting: 100_000,
    });
  }

  /**
   * Runs `work`, unless the request has a response already, which is then returned again.
   * @throws AppError `idempotency_conflict` when the key came with another body before
   */
  async once(
    request: KeyedRequest,
    now: number,
    work: (attempt: Attempt) => Promise<string>,
  ): Promise<string> {
    const name = JSON.stringify([request.ownerId, request.key]);
    while (this.#underWay.has(name)) await this.#underWay.get(name);
    const running = this.#run(name, request, now, work);
    this.#underWay.set(name, Promise.allSettled([running]));
    try {
      return await running;
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** Stores the responses that are not stored yet. Called before clicks are removed, since completing a request would bring them back. */
  async flush(): Promise<void> {
    await this.#writes.add([], 0);
  }

  /** The same, for at most `CLOSE_MS`: the requests themselves are on record. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.race([this.flush().catch(() => {}), delay(CLOSE_MS, undefined, { ref: false })]);
  }

  async #run(
    name: string,
    request: KeyedRequest,
    now: number,
    work: (attempt: Attempt) => Promise<string>,
  ): Promise<string> {
    const known = this.#responded.get(name) ?? (await this.#find(request));
    const own = {
      bodySha256: request.bodySha256,
      receivedAt: now,
      response: '',
      version: this.#nextVersion(0),
    };
    const begun = known ?? (this.#isAlone ? own : await this.#start(request, own));
    requireSameBody(begun, request);
    if (begun.response !== '') return begun.response;
    // Equal first attempts count as one, whichever of them stores it.
    const isRetry = known !== undefined || begun.receivedAt !== now;
    const recording = begun === own ? this.#record(request, begun) : Promise.resolve();
    // A failure is not thrown here: whoever stores clicks awaits `attempt.recorded()`, which rejects.
    const recorded = recording.catch(() => {});
    try {
      const { receivedAt, version } = begun;
      const attempt = { receivedAt, isRetry, recorded: () => recording };
      const response = await work(attempt);
      await recording;
      await this.#keep(name, request, { ...begun, response, version: this.#nextVersion(version) });
      return response;
    } finally {
      await recorded;
    }
  }

  /** Records a request. @returns the first one on record: another instance may have received it at the same moment */
  async #start(request: KeyedRequest, own: Known): Promise<Known> {
    const { ownerId, key, bodySha256 } = request;
    const line = JSON.stringify([ownerId, key, bodySha256, own.receivedAt]);
    await this.#starts.add(line, 1, ownerId);
    return (await this.#find(request)) ?? own;
  }

  async #insertStarted(lines: readonly string[]): Promise<void> {
    const queryId = `${QUERY_ID_PREFIX}${randomUUID()}`;
    await this.#database.insert('idempotent_requests', COLUMNS, lines, { queryId, select: STARTED });
    // One that began earlier by ClickHouse's clock may still be under way.
    await endOfNamedInserts(this.#database, undefined, QUERY_ID_PREFIX);
  }

  async #find({ ownerId, key }: KeyedRequest): Promise<Known | undefined> {
    const [known] = await this.#database.rows<readonly [string, number, string, number]>(
      sql`
      SELECT body_sha256, toUnixTimestamp64Milli(received_at), answer, version
      FROM idempotent_requests FINAL
      WHERE owner_id = ${param('String', ownerId)} AND key = ${param('String', key)}`,
      LOOK_UP,
    );
    if (known === undefined) return undefined;
    const [bodySha256, receivedAt, response, version] = known;
    return { bodySha256, receivedAt, response, version };
  }

  async #record(request: KeyedRequest, known: Known): Promise<void> {
    await this.#writes.add([lineOf(request, known)], 1, request.ownerId);
  }

  /** Keeps a response in memory until it is stored. */
  async #keep(name: string, request: KeyedRequest, known: Known): Promise<void> {
    const line = lineOf(request, known);
    this.#responded.set(name, { ...known, line });
    this.#waitingCharacters += line.length;
    if (this.#isAlone && this.#waitingCharacters <= WAITING_CHARACTERS) this.#storeLater();
    else await this.flush();
  }

  #storeLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // Responses that could not be stored are kept and tried again.
      this.flush().catch(() => this.#storeLater());
    }, RESPONSE_DELAY_MS).unref();
  }

  /** Stores lines, together with the responses that are not stored yet. */
  async #insert(lines: readonly string[]): Promise<void> {
    const responses = [...this.#responded];
    const all = [...lines, ...responses.map(([, { line }]) => line)];
    if (all.length === 0) return;
    await this.#database.insert('idempotent_requests', COLUMNS, all);
    for (const [name, { line }] of responses) {
      this.#responded.delete(name);
      this.#waitingCharacters -= line.length;
    }
  }
}

/** @throws AppError `idempotency_conflict` */
function requireSameBody(known: Known, { bodySha256 }: KeyedRequest): void {
  if (known.bodySha256 === bodySha256) return;
  throw new AppError('idempotency_conflict', 'This Idempotency-Key came with another body before.', {
    field: 'Idempotency-Key',
  });
}

function lineOf(
  { ownerId, key, bodySha256 }: KeyedRequest,
  { receivedAt, response, version }: Known,
): string {
  return JSON.stringify([ownerId, key, bodySha256, receivedAt, response, version]);
}
