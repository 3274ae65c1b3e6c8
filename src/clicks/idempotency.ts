import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { AppError } from '../errors.ts';
import { param, sql } from '../sql/sql.ts';
import { endOfNamedInserts } from './named-insert.ts';

/** A request that its client may send again. The key belongs to the owner: two owners' equal keys are two keys. */
export interface KeyedRequest {
  readonly ownerId: string;
  readonly key: string;
  readonly bodySha256: string;
}

/** How a try stands to the ones before it. */
export interface Attempt {
  /** When the first try came, Unix milliseconds. */
  readonly receivedAt: number;
  readonly isRetry: boolean;
  /** Settles when the request is on record, so that a retry knows of this try: before that, nothing of it may be stored. */
  readonly recorded: () => Promise<void>;
}

const STARTED_COLUMNS = ['owner_id', 'key', 'body_sha256', 'received_at', 'answer'];
const COLUMNS = [...STARTED_COLUMNS, 'version'];

/** Of inserts of requests that have started. */
const QUERY_ID_PREFIX = 'requests-';

/** What is on record of a request. Its answer is empty while it has none. */
interface Known {
  readonly bodySha256: string;
  /** Unix milliseconds. */
  readonly receivedAt: number;
  readonly answer: string;
  readonly version: number;
}

/** An answer waits so long for an insert that is made anyway: one of its own takes longer than storing a few hundred clicks. */
const ANSWER_DELAY_MS = 1_000;

const CLOSE_MS = 1_000;

/** With more characters of answers waiting, requests wait until theirs are stored. */
const WAITING_CHARACTERS = 1_048_576;

/**
 * Remembers keyed requests and their answers in ClickHouse for days, so that a repeated one is answered and not
 * counted again, and one whose first try was lost midway is completed.
 */
export class IdempotencyLedger {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #isAlone: boolean;
  readonly #writes: GroupCommit<readonly string[], void>;
  /** Requests that other instances may get at the same moment. */
  readonly #starts: GroupCommit<string, void>;
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** Requests whose answers are given but not stored. */
  readonly #answered = new Map<string, Known & { readonly line: string }>();
  #waitingCharacters = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param isAlone no other process has the table: answers are given at once and stored a little later. A request that is sent again
   *   after a crash, and has none yet, is completed, which comes to the same answer.
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
   * Runs `work` unless the request was answered before; then its answer is given again.
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

  /** Stores the answers that wait for it. Before clicks are removed: completed, their request would bring them back. */
  async flush(): Promise<void> {
    await this.#writes.add([], 0);
  }

  /** The same, unless that takes long: their requests are on record. */
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
    const known = this.#answered.get(name) ?? (await this.#find(request));
    const own = {
      bodySha256: request.bodySha256,
      receivedAt: now,
      answer: '',
      version: this.#nextVersion(0),
    };
    const begun = known ?? (this.#isAlone ? own : await this.#start(request, own));
    requireSameBody(begun, request);
    if (begun.answer !== '') return begun.answer;
    // Equal first tries are one, whichever of them stores it.
    const isRetry = known !== undefined || begun.receivedAt !== now;
    const recording = begun === own ? this.#record(request, begun) : Promise.resolve();
    // Who stores something awaits it.
    const recorded = recording.catch(() => {});
    try {
      const { receivedAt, version } = begun;
      const attempt = { receivedAt, isRetry, recorded: () => recording };
      const answer = await work(attempt);
      await recording;
      await this.#keep(name, request, { ...begun, answer, version: this.#nextVersion(version) });
      return answer;
    } finally {
      await recorded;
    }
  }

  /** Records a request. @returns the first that is on record: another instance may have got it at the same moment */
  async #start(request: KeyedRequest, own: Known): Promise<Known> {
    const { ownerId, key, bodySha256 } = request;
    const line = JSON.stringify([ownerId, key, bodySha256, own.receivedAt, own.answer]);
    await this.#starts.add(line, 1, ownerId);
    return (await this.#find(request)) ?? own;
  }

  async #insertStarted(lines: readonly string[]): Promise<void> {
    const queryId = `${QUERY_ID_PREFIX}${randomUUID()}`;
    await this.#database.insert('idempotent_requests', STARTED_COLUMNS, lines, { queryId });
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
    const [bodySha256, receivedAt, answer, version] = known;
    return { bodySha256, receivedAt, answer, version };
  }

  async #record(request: KeyedRequest, known: Known): Promise<void> {
    await this.#writes.add([lineOf(request, known)], 1, request.ownerId);
  }

  /** Keeps an answer until it is stored. */
  async #keep(name: string, request: KeyedRequest, known: Known): Promise<void> {
    const line = lineOf(request, known);
    this.#answered.set(name, { ...known, line });
    this.#waitingCharacters += line.length;
    if (this.#isAlone && this.#waitingCharacters <= WAITING_CHARACTERS) this.#storeLater();
    else await this.flush();
  }

  #storeLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // What is not stored stays, and is tried again.
      this.flush().catch(() => this.#storeLater());
    }, ANSWER_DELAY_MS).unref();
  }

  /** Stores lines, and with them the answers that wait. */
  async #insert(lines: readonly string[]): Promise<void> {
    const answers = [...this.#answered];
    const all = [...lines, ...answers.map(([, { line }]) => line)];
    if (all.length === 0) return;
    await this.#database.insert('idempotent_requests', COLUMNS, all);
    for (const [name, { line }] of answers) {
      this.#answered.delete(name);
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

function lineOf({ ownerId, key, bodySha256 }: KeyedRequest, { receivedAt, answer, version }: Known): string {
  return JSON.stringify([ownerId, key, bodySha256, receivedAt, answer, version]);
}
