import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { type OwnedTable, checkRoom, removeTombstones } from '../clickhouse/tombstones.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type AppError, invalid } from '../errors.ts';
import { type Sql, param, sql } from '../sql/sql.ts';
import { type Schedule, type ScheduleDefinition, type TimedSchedule, storedDefinition } from './schedule.ts';

/** The most schedules of one owner. */
export const MAX_SCHEDULES = 50;

const COLUMNS = ['owner_id', 'id', 'definition', 'created_at', 'changed_at', 'is_deleted', 'version'];

type Row = readonly [
  ownerId: string,
  id: string,
  definition: string,
  createdAt: number,
  changedAt: number,
  version: number,
];

/** Definitions that are read at once: each may have 64 KiB. */
const READ_AT_ONCE = 50;

/** The table of schedules. Nothing that it returns is older than the call, so that a change counts in every instance. */
export class ScheduleStore {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  #writing: Promise<unknown> = Promise.resolve();
  /** By id, with the versions of their rows. */
  #timetable: ReadonlyMap<string, { readonly version: number; readonly schedule: TimedSchedule }> = new Map();

  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /** When the schedules of every owner run. Of what has not changed since the last call only the version is read. */
  async timetable(): Promise<readonly TimedSchedule[]> {
    const found = await this.#database.rows<readonly [ownerId: string, id: string, version: number]>(
      sql`SELECT owner_id, id, version FROM schedules FINAL WHERE NOT is_deleted ORDER BY created_at, id`,
      LOOK_UP,
    );
    const known = this.#timetable;
    const read = new Map(known);
    const changed = found.filter(([, id, version]) => known.get(id)?.version !== version);
    for (let at = 0; at < changed.length; at += READ_AT_ONCE) {
      const some = changed.slice(at, at + READ_AT_ONCE);
      const owners = param(
        'Array(String)',
        some.map(([ownerId]) => ownerId),
      );
      const ids = param(
        'Array(String)',
        some.map(([, id]) => id),
      );
      for (const row of await this.#select(sql`owner_id IN ${owners} AND id IN ${ids}`)) {
        read.set(row[1], { version: row[5], schedule: timedScheduleOf(row) });
      }
    }
    const live = found.flatMap(([, id]) => {
      const one = read.get(id);
      return one === undefined ? [] : [[id, one] as const];
    });
    this.#timetable = new Map(live);
    return live.map(([, { schedule }]) => schedule);
  }

  /** All of an owner, the oldest first. */
  async all(ownerId: string): Promise<readonly Schedule[]> {
    return (await this.#select(sql`owner_id = ${param('String', ownerId)}`)).map(scheduleOf);
  }

  /** @param ownerId undefined: of whichever owner */
  async find(ownerId: string | undefined, id: string): Promise<Schedule | undefined> {
    const [row] = await this.#select(oneOf(ownerId, id));
    return row && scheduleOf(row);
  }

  /** @throws AppError 400 for one more than an owner may have, `unavailable` for one more than it may create and delete in a day */
  async create(schedule: Schedule): Promise<void> {
    const { ownerId, id } = schedule;
    await this.#exclusively(async () => {
      if ((await this.all(ownerId)).length >= MAX_SCHEDULES) throw tooMany();
      await checkRoom(this.#table, ownerId);
      await this.#write(schedule, { isDeleted: false, replaced: 0 });
      // Another instance may have created one at the same time.
      const rows = await this.#select(sql`owner_id = ${param('String', ownerId)}`);
      const own = rows.find((row) => row[1] === id);
      if (rows.length <= MAX_SCHEDULES || own === undefined) return;
      await this.#write(schedule, { isDeleted: true, replaced: own[5] });
      throw tooMany();
    });
  }

  /** @returns the schedule as it is now; undefined: there is none */
  async change(
    ownerId: string | undefined,
    id: string,
    { changedAt, ...definition }: ScheduleDefinition & Pick<Schedule, 'changedAt'>,
  ): Promise<Schedule | undefined> {
    return this.#exclusively(async () => {
      const [row] = await this.#select(oneOf(ownerId, id));
      if (row === undefined) return undefined;
      const changed = { ...scheduleOf(row), ...definition, changedAt };
      await this.#write(changed, { isDeleted: false, replaced: row[5] });
      return changed;
    });
  }

  /** @returns whether there was one */
  async delete(ownerId: string | undefined, id: string, at: number): Promise<boolean> {
    return this.#exclusively(async () => {
      const [row] = await this.#select(oneOf(ownerId, id));
      if (row === undefined) return false;
      await this.#write({ ...scheduleOf(row), changedAt: at }, { isDeleted: true, replaced: row[5] });
      return true;
    });
  }

  /** Removes what is left of schedules that were deleted before a moment, Unix milliseconds. */
  async removeTombstones(before: number): Promise<void> {
    await removeTombstones(this.#table, before);
  }

  get #table(): OwnedTable {
    return { database: this.#database, table: 'schedules', key: 'id' };
  }

  /** One writer at a time, so that what it has read is still so when it writes. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work, work);
    this.#writing = result.catch(() => {});
    return result;
  }

  async #select(condition: Sql): Promise<readonly Row[]> {
    return this.#database.rows<Row>(
      sql`
      SELECT owner_id, id, definition, toUnixTimestamp64Milli(created_at), toUnixTimestamp64Milli(changed_at), version
      FROM schedules FINAL
      WHERE NOT is_deleted AND ${condition}
      ORDER BY created_at, id`,
      LOOK_UP,
    );
  }

  async #write(
    { ownerId, id, createdAt, changedAt, ...definition }: Schedule,
    { isDeleted, replaced }: { readonly isDeleted: boolean; readonly replaced: number },
  ): Promise<void> {
    const kept = isDeleted ? '' : JSON.stringify(definition);
    const row = [ownerId, id, kept, createdAt, changedAt, isDeleted, this.#nextVersion(replaced)];
    await this.#database.insert('schedules', COLUMNS, [JSON.stringify(row)]);
  }
}

function oneOf(ownerId: string | undefined, id: string): Sql {
  const isIt = sql`id = ${param('String', id)}`;
  return ownerId === undefined ? isIt : sql`owner_id = ${param('String', ownerId)} AND ${isIt}`;
}

function tooMany(): AppError {
  return invalid('schedules', `An owner has at most ${MAX_SCHEDULES} schedules: delete one first.`);
}

function timedScheduleOf(row: Row): TimedSchedule {
  const { id, ownerId, times, range, task, createdAt, changedAt } = scheduleOf(row);
  return { id, ownerId, times, range, task, createdAt, changedAt };
}

function scheduleOf([ownerId, id, definition, createdAt, changedAt]: Row): Schedule {
  return { ...storedDefinition.parse(JSON.parse(definition)), ownerId, id, createdAt, changedAt };
}
