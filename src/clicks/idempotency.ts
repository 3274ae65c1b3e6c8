import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { GroupCommit } from '../clickhouse/group-commit.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { AppError } from '../errors.ts';
import { param, sql } from '../sql/sql.ts';

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
}

const COLUMNS = ['owner_id', 'key', 'body_sha256', 'received_at', 'answer', 'version'];

type Row = readonly [string, number, string, number];

/**
 * Remembers keyed requests and their answers in ClickHouse for days, so that a repeated one is answered and not
 * counted again, and one whose first try was lost midway is completed.
 */
export class IdempotencyLedger {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  readonly #writes: GroupCommit<string, void>;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
    this.#writes = new GroupCommit((lines) => database.insert('idempotent_requests', COLUMNS, lines), {
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
    const running = this.#run(request, now, work);
    this.#underWay.set(name, Promise.allSettled([running]));
    try {
      return await running;
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #run(
    request: KeyedRequest,
    now: number,
    work: (attempt: Attempt) => Promise<string>,
  ): Promise<string> {
    const [known] = await this.#database.rows<Row>(
      sql`
      SELECT body_sha256, toUnixTimestamp64Milli(received_at), answer, version
      FROM idempotent_requests FINAL
      WHERE owner_id = ${param('String', request.ownerId)} AND key = ${param('String', request.key)}`,
      LOOK_UP,
    );
    if (known !== undefined) {
      const [bodySha256, , answer] = known;
      if (bodySha256 !== request.bodySha256) {
        throw new AppError('idempotency_conflict', 'This Idempotency-Key came with another body before.', {
          field: 'Idempotency-Key',
        });
      }
      if (answer !== '') return answer;
    }
    const receivedAt = known?.[1] ?? now;
    const version = known?.[3] ?? (await this.#write(request, receivedAt, '', 0));
    const answer = await work({ receivedAt, isRetry: known !== undefined });
    await this.#write(request, receivedAt, answer, version);
    return answer;
  }

  /** @returns the version of what is stored now, in the place of the version `replaces` */
  async #write(request: KeyedRequest, receivedAt: number, answer: string, replaces: number): Promise<number> {
    const version = this.#nextVersion(replaces);
    const line = JSON.stringify([
      request.ownerId,
      request.key,
      request.bodySha256,
      receivedAt,
      answer,
      version,
    ]);
    await this.#writes.add(line, 1, request.ownerId);
    return version;
  }
}
