import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { type NextVersion, TAKE_OVER } from '../clickhouse/row-versions.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import { type Run, isOpen, storedRun } from './stored-run.ts';

const COLUMNS = ['schedule_id', 'due_at', 'owner_id', 'is_open', 'is_last', 'details', 'version'];

type Row = readonly [scheduleId: string, dueAt: number, ownerId: string, details: string, version: number];

const LIVE = sql`SELECT id FROM schedules FINAL WHERE NOT is_deleted`;

const RELEASED_AT_ONCE = 1_000;

/** A run to be stored, and whether it is the last of its schedule: that one is kept for as long as it is. */
export interface WrittenRun {
  readonly run: Run;
  readonly isLast: boolean;
}

/** The table of runs. */
export class ScheduleRuns {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  /** What this process writes has versions above. */
  #floor = 0;

  /** @param nextVersion of this table alone, since versions get ahead of the clock */
  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /**
   * To be called by an instance that begins to run schedules: what another one still writes that has lost the lease and does not know
   * replaces nothing of what this one writes from now on, whatever their clocks say.
   */
  async takeOver(): Promise<void> {
    const [row] = await this.#database.rows<[number]>(sql`SELECT max(version) FROM schedule_runs`, LOOK_UP);
    const stored = row?.[0] ?? 0;
    this.#floor = stored === 0 ? 0 : stored + TAKE_OVER;
  }

  /** Replaces what is stored of the runs. @returns them with their new versions, once ClickHouse has them all */
  async write(runs: readonly WrittenRun[]): Promise<readonly Run[]> {
    if (runs.length === 0) return [];
    const written = runs.map(({ run, isLast }) => ({
      isLast,
      run: { ...run, version: this.#nextVersion(Math.max(run.version, this.#floor)) },
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

  /** The last run of each schedule that is there, of every owner. After a clock was ahead it is not the one that was due last. */
  async last(): Promise<readonly Run[]> {
    return this.#select(sql`
      WHERE schedule_id IN (${LIVE})
      ORDER BY schedule_id, is_last DESC, due_at DESC LIMIT 1 BY schedule_id`);
  }

  /** Lets the runs go that were kept as the last ones of schedules which are deleted, as others go. */
  async releaseDeleted(): Promise<void> {
    const left = await this.#select(sql`
      WHERE is_last AND schedule_id NOT IN (${LIVE})
      ORDER BY schedule_id LIMIT ${param('UInt32', RELEASED_AT_ONCE)}`);
    await this.write(left.map((run) => ({ run, isLast: false })));
    if (left.length === RELEASED_AT_ONCE) await this.releaseDeleted();
  }

  /**
   * Up to when, by arrival, the files of a schedule have the clicks of before a moment, Unix milliseconds.
   * @returns 0 where there is no such file
   */
  async writtenUntil({ scheduleId }: Pick<Run, 'scheduleId'>, moment: number): Promise<number> {
    const [row] = await this.#database.rows<[number]>(
      sql`
      SELECT max(JSONExtractUInt(details, 'window', 'before') AS written)
      FROM schedule_runs FINAL
      WHERE schedule_id = ${param('String', scheduleId)} AND JSONExtractBool(details, 'isByArrival')
        AND JSONExtractString(details, 'state') = 'done' AND written <= ${param('UInt64', String(moment))}`,
      LOOK_UP,
    );
    return row?.[0] ?? 0;
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
