import type { Database } from '../../clickhouse/database.ts';
import type { NextVersion } from '../../clickhouse/versions.ts';
import { unavailable } from '../../errors.ts';
import type { Room } from '../../fair-share/room.ts';
import { param, sql } from '../../sql/sql.ts';
import { yielding, slicesOf } from '../../lib/event-loop.ts';
import { ingest } from '../ingest.ts';
import type { IngestContext } from '../ingest-options.ts';
import { type Batch, clicksOf, countRecords, hashAfter, rootOf } from './batch.ts';
import { type BatchReport, ReportBuilder } from './batch-report.ts';

export interface BatchOptions {
  /** Owner of the URLs these clicks are the first of. */
  readonly ownerId: string;
  /** Unix milliseconds. */
  readonly now: number;
  /** Where the clicks in memory are counted. */
  readonly room: Room;
}

/** A batch that was imported, or begun, before. */
export interface KnownBatch {
  readonly batch: string;
  readonly lines: number;
}

export const ALREADY_IMPORTED = 'already imported';

const COLUMNS = ['parent', 'batch', 'lines', 'is_complete', 'imported_at', 'version'];

/** Imports batches and remembers them for good, so that a file imported again, or grown, counts no click twice. */
export class BatchImporter {
  readonly #context: IngestContext;
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  /** Batches under way, by name; each settles once it is noted as begun. */
  readonly #begun = new Map<string, Promise<Begun>>();
  #naming: Promise<unknown> = Promise.resolve();

  constructor(database: Database, context: IngestContext, nextVersion: NextVersion) {
    this.#context = context;
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /** The batches that were seen to follow `parent`, longest first. */
  async following(parent: string): Promise<readonly KnownBatch[]> {
    const rows = await this.#database.rows<[string, number]>(sql`
      SELECT batch, lines FROM import_batches FINAL
      WHERE parent = ${param('String', parent)} ORDER BY lines DESC, batch`);
    return rows.map(([batch, lines]) => ({ batch, lines }));
  }

  /** Imports a batch, or only counts it when that was done before. */
  async import(batch: Batch, options: BatchOptions): Promise<BatchReport> {
    const name = await this.#nameOf(batch);
    const begun = this.#begin(batch, name, options.now);
    this.#begun.set(name, begun);
    try {
      return await this.#ingest(await begun, batch, name, options);
    } finally {
      this.#begun.delete(name);
    }
  }

  /** One after another, so that a batch that came before another one is also known before it. */
  async #nameOf({ parent, bytes }: Batch): Promise<string> {
    const name = this.#naming.then(async () => {
      const hash = hashAfter(parent);
      for await (const slice of yielding(slicesOf(bytes))) hash.update(slice);
      return hash.digest('hex');
    });
    this.#naming = name;
    return name;
  }

  /** Notes that the batch is begun, after the one before it. */
  async #begin(batch: Batch, name: string, now: number): Promise<Begun> {
    const lines = await countRecords(batch);
    const [known] = await this.#database.rows<[boolean, number, number]>(sql`
      SELECT is_complete, toUnixTimestamp64Milli(imported_at), version FROM import_batches FINAL
      WHERE parent = ${param('String', batch.parent)} AND batch = ${param('String', name)}`);
    // Records without a time keep that of the first try.
    const receivedAt = known?.[1] ?? now;
    let version = known?.[2];
    if (version === undefined) {
      await this.#parentBegun(batch);
      version = await this.#record(batch.parent, name, { lines, receivedAt, version: 0 }, false);
    }
    return { lines, receivedAt, version, isRetry: known !== undefined, isDone: known?.[0] === true };
  }

  /**
   * Several batches of a file may be under way, but they are noted in its order: an import that goes on after a failure
   * finds them by following from one to the next.
   * @throws AppError `unavailable` when the one before is not here yet
   */
  async #parentBegun({ parent, reading }: Batch): Promise<void> {
    if (parent === rootOf(reading)) return;
    const begun = this.#begun.get(parent)?.then(
      () => true,
      () => false,
    );
    if ((await begun) ?? (await this.#isNoted(parent))) return;
    throw unavailable('The lines before these are not imported yet.');
  }

  async #isNoted(name: string): Promise<boolean> {
    const rows = await this.#database.rows(
      sql`SELECT 1 FROM import_batches WHERE batch = ${param('String', name)} LIMIT 1`,
    );
    return rows.length > 0;
  }

  async #ingest(
    begun: Begun,
    batch: Batch,
    name: string,
    { ownerId, room }: BatchOptions,
  ): Promise<BatchReport> {
    const { lines, receivedAt, isRetry, isDone } = begun;
    const report = new ReportBuilder(name, lines);
    const result = await ingest(this.#context, clicksOf(batch, report), {
      ownerId,
      isAdmin: true,
      receivedAt,
      once: { name: `import:${name}`, isRetry },
      countOnly: isDone,
      findings: {
        reject: ({ index, field, error }) => report.reject(`${field} ${error}`, index),
        warn: ({ index, field, warning }) => report.warn(`${field} ${warning}`, index),
      },
      room,
    });
    if (!isDone) await this.#record(batch.parent, name, begun, true);
    if (isDone) report.skip(ALREADY_IMPORTED, result.accepted);
    return report.build(isDone ? 0 : result.accepted, result.firstClick, result.lastClick);
  }

  /**
   * @param begun `version`: of what this replaces, 0 for nothing
   * @returns the version of what is stored now
   */
  async #record(
    parent: string,
    name: string,
    { lines, receivedAt, version: replaces }: Pick<Begun, 'lines' | 'receivedAt' | 'version'>,
    isComplete: boolean,
  ): Promise<number> {
    const version = this.#nextVersion(replaces);
    const row = [parent, name, lines, isComplete, receivedAt, version];
    await this.#database.insert('import_batches', COLUMNS, [JSON.stringify(row)]);
    return version;
  }
}

/** A batch that is noted as begun. */
interface Begun {
  readonly lines: number;
  /** Unix milliseconds of the first try. */
  readonly receivedAt: number;
  /** Of the row that says so. */
  readonly version: number;
  readonly isRetry: boolean;
  /** All of its clicks are stored already. */
  readonly isDone: boolean;
}
