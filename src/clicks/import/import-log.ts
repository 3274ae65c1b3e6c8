import { z } from 'zod';
import type { Database } from '../../clickhouse/database.ts';
import { LOOK_UP } from '../../clickhouse/query-options.ts';
import { type Sql, join, param, sql } from '../../sql/sql.ts';
import { type ImportReport, emptyReport, importReportSchema } from './import-report.ts';

/**
 * `running`: its file is still being read; `done`: all of it was; `failed`: it ended before, and what it added until then is
 * stored; `undone`: what it added is removed; `dry_run`: nothing was stored, so it is not kept.
 */
export const IMPORT_STATES = ['running', 'done', 'failed', 'undone', 'dry_run'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** An import of one file. */
export interface ImportEntry {
  /** Imports that begin later have larger ones. */
  readonly id: bigint;
  /** The owner whose clicks are imported. */
  readonly ownerId: string;
  /** The file's name, if it was said. */
  readonly file: string | null;
  /** What it was asked for with: parameters by name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: ImportState;
  /** Why it failed, in a sentence. */
  readonly error: string | null;
  /** So far, while it is running. */
  readonly report: ImportReport;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
}

/** An entry as it is stored. */
export interface StoredEntry {
  readonly entry: ImportEntry;
  readonly version: number;
  /** For how long it has been: milliseconds of ClickHouse's clock, which instances share. */
  readonly ageMs: number;
}

/** A running import that was not written down for so long has lost its process. */
export const LOST_AFTER_MS = 60_000;

export interface ImportListing {
  /** undefined: those of every owner. */
  readonly ownerId: string | undefined;
  /** Only those that began before this one. */
  readonly before: bigint | undefined;
  readonly limit: number;
}

const COLUMNS = [
  'id',
  'owner_id',
  'file',
  'options',
  'state',
  'error',
  'report',
  'started_at',
  'finished_at',
  'version',
];

type Row = readonly [
  id: string,
  ownerId: string,
  file: string,
  options: string,
  state: string,
  error: string,
  report: string,
  startedAt: number,
  finishedAt: number | null,
  version: number,
  ageMs: number,
];

/** The table of imports. */
export class ImportLog {
  readonly #database: Database;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * A version that replaces what an import's row has now, whatever the clock said that gave it. It depends on this row alone: of one
   * that was taken over they are ahead of the clock.
   */
  versionAbove(stored: number): number {
    return Math.max(stored + 1, this.#now() * 1_000);
  }

  /** Replaces what is stored of the import, unless that has a higher version; settles when ClickHouse has it. */
  async write(entry: ImportEntry, version: number): Promise<void> {
    const { id, ownerId, file, options, state, error, report, startedAt, finishedAt } = entry;
    const row = [
      String(id),
      ownerId,
      file ?? '',
      JSON.stringify(options),
      state,
      error ?? '',
      JSON.stringify(report),
      startedAt,
      finishedAt,
      version,
    ];
    await this.#database.insert('imports', COLUMNS, [JSON.stringify(row)]);
  }

  /** The largest id; 0 where there is none. */
  async newest(): Promise<bigint> {
    const [row] = await this.#database.rows<[string]>(sql`SELECT toString(max(id)) FROM imports`, LOOK_UP);
    return BigInt(row?.[0] ?? 0);
  }

  async find(id: bigint): Promise<StoredEntry | undefined> {
    const [found] = await this.#select(sql`WHERE id = ${param('UInt64', String(id))}`);
    return found;
  }

  /** The newest first. */
  async list({ ownerId, before, limit }: ImportListing): Promise<readonly StoredEntry[]> {
    const conditions = [
      sql`1`,
      ...(ownerId === undefined ? [] : [sql`owner_id = ${param('String', ownerId)}`]),
      ...(before === undefined ? [] : [sql`id < ${param('UInt64', String(before))}`]),
    ];
    return this.#select(
      sql`WHERE ${join(conditions, ' AND ')} ORDER BY id DESC LIMIT ${param('UInt32', limit)}`,
    );
  }

  async #select(condition: Sql): Promise<readonly StoredEntry[]> {
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT toString(id), owner_id, file, options, state, error, report,
        toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(finished_at), version,
        dateDiff('millisecond', written_at, now64(3))
      FROM imports FINAL ${condition}`,
      LOOK_UP,
    );
    return rows.map(storedEntry);
  }
}

const optionsSchema = z.record(z.string(), z.unknown());

function storedEntry([
  id,
  ownerId,
  file,
  options,
  state,
  error,
  report,
  startedAt,
  finishedAt,
  version,
  ageMs,
]: Row): StoredEntry {
  const parsed = importReportSchema.safeParse(JSON.parse(report));
  return {
    entry: {
      id: BigInt(id),
      ownerId,
      file: file === '' ? null : file,
      options: optionsSchema.parse(JSON.parse(options)),
      state: IMPORT_STATES.find((known) => known === state) ?? 'failed',
      error: error === '' ? null : error,
      report: parsed.success ? parsed.data : emptyReport(),
      startedAt,
      finishedAt,
    },
    version,
    ageMs,
  };
}
