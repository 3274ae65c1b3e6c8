import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import { type Run, isOpen, storedRun } from './run.ts';

const COLUMNS = ['schedule_id', 'due_at', 'owner_id', 'is_open', 'is_last', 'details', 'version'];

type Row = readonly [scheduleId: string, dueAt: number, ownerId: string, details: string, version: number];

/** A run to be stored, and whether it is the last of its schedule: that one is kept for as long as it is. */
export interface WrittenRun {
  readonly run: Run;
  readonly isLast: boolean;
}

/** The table of runs. */
export class ScheduleRuns {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;

  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /** Replaces what is stored of the runs. @returns them with their new versions, once ClickHouse has them all */
  async write(runs: readonly WrittenRun[]): Promise<readonly Run[]> {
    if (runs.length === 0) return [];
    const written = runs.map(({ run, isLast }) => ({
      isLast,
      run: { ...run, version: this.#nextVersion(run.version) },
    }));
    const rows = written.map(({ run: { scheduleId, dueAt, ownerId, version, ...details }, isLast }) => [
      scheduleId,
      dueAt,
      ownerId,
      isOpen(details),
      isLast,
      JSON.stringify(details),
      version,
    ]);
    await this.#database.insert(
      'schedule_runs',
      COLUMNS,
      rows.map((row) => JSON.stringify(row)),
    );
    return written.map(({ run }) => run);
  }

  /** The last run of each schedule, of every owner. */
  async last(): Promise<readonly Run[]> {
    return this.#select(sql`ORDER BY schedule_id, due_at DESC LIMIT 1 BY schedule_id`);
  }

  /** Those that still have something to do, of every owner, the oldest first. */
  async open(): Promise<readonly Run[]> {
    return this.#select(sql`WHERE is_open ORDER BY due_at, schedule_id`);
  }

  /**
   * Those of a schedule, the newest first.
   * @param before only those that were due before, Unix milliseconds; undefined: all
   */
  async list(
    { id, ownerId }: { readonly id: string; readonly ownerId: string },
    { before, limit }: { readonly before: number | undefined; readonly limit: number },
  ): Promise<readonly Run[]> {
    const earlier =
      before === undefined
        ? sql`true`
        : sql`due_at < fromUnixTimestamp64Milli(${param('Int64', String(before))}, 'UTC')`;
    return this.#select(sql`
      WHERE schedule_id = ${param('String', id)} AND owner_id = ${param('String', ownerId)} AND ${earlier}
      ORDER BY due_at DESC LIMIT ${param('UInt32', limit)}`);
  }

  async #select(condition: Sql): Promise<readonly Run[]> {
    const rows = await this.#database.rows<Row>(
      sql`
      SELECT schedule_id, toUnixTimestamp64Milli(due_at), owner_id, details, version
      FROM schedule_runs FINAL ${condition}`,
      LOOK_UP,
    );
    return rows.map(([scheduleId, dueAt, ownerId, details, version]) => ({
      ...storedRun.parse(JSON.parse(details)),
      scheduleId,
      dueAt,
      ownerId,
      version,
    }));
  }
}
