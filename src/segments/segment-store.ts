import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import { type OwnedTable, checkRoom, removeTombstones } from '../clickhouse/tombstones.ts';
import type { NextVersion } from '../clickhouse/row-versions.ts';
import { type AppError, invalid } from '../errors.ts';
import { type Sql, param, sql } from '../sql/sql.ts';

/** The most segments of one owner. */
export const MAX_SEGMENTS = 100;

/** Filters of an owner under a name. */
export interface Segment {
  readonly name: string;
  /** In their normal form, as JSON. */
  readonly filters: string;
  /** Unix milliseconds. */
  readonly changedAt: number;
}

const COLUMNS = ['owner_id', 'name', 'filters', 'changed_at', 'is_deleted', 'version'];

type Row = readonly [name: string, filters: string, changedAt: number, isDeleted: boolean, version: number];

/**
 * The table of segments. Nothing of it is cached: a request looks its segments up each time, so that a change counts at once
 * in every instance.
 */
export class SegmentStore {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database, nextVersion: NextVersion) {
    this.#database = database;
    this.#nextVersion = nextVersion;
  }

  /** Those of an owner with these names; missing ones are left out. */
  async find(ownerId: string, names: readonly string[]): Promise<ReadonlyMap<string, Segment>> {
    const rows = await this.#select(ownerId, sql`name IN ${param('Array(String)', names)}`);
    return new Map(rows.flatMap((row) => (row[3] ? [] : [[row[0], segmentOf(row)] as const])));
  }

  /** All of an owner, by name. */
  async all(ownerId: string): Promise<readonly Segment[]> {
    return (await this.#select(ownerId, sql`NOT is_deleted`)).map(segmentOf);
  }

  /**
   * Creates the segment, or gives it other filters.
   * @returns whether it is new
   * @throws AppError 400 for one more than an owner may have, `unavailable` for one more than it may create and delete in a day
   */
  async put(ownerId: string, segment: Segment): Promise<boolean> {
    const { name } = segment;
    return this.#exclusively(async () => {
      const known = await this.#select(ownerId, sql`(name = ${param('String', name)} OR NOT is_deleted)`);
      const stored = known.find((row) => row[0] === name);
      if (stored?.[3] === false) {
        await this.#write(ownerId, segment, { isDeleted: false, replaced: stored });
        return false;
      }
      if (known.filter((row) => !row[3]).length >= MAX_SEGMENTS) throw tooMany();
      if (stored === undefined) await checkRoom(this.#table, ownerId);
      const version = await this.#write(ownerId, segment, { isDeleted: false, replaced: stored });
      await this.#withdrawSurplus(ownerId, name, version);
      return true;
    });
  }

  /** Another instance may have created one at the same time. */
  async #withdrawSurplus(ownerId: string, name: string, version: number): Promise<void> {
    const live = await this.#select(ownerId, sql`NOT is_deleted`);
    const own = live.find((row) => row[0] === name);
    if (live.length <= MAX_SEGMENTS || own?.[4] !== version) return;
    await this.#write(ownerId, segmentOf(own), { isDeleted: true, replaced: own });
    throw tooMany();
  }

  /** @returns whether there was one */
  async delete(ownerId: string, name: string, at: number): Promise<boolean> {
    return this.#exclusively(async () => {
      const [stored] = await this.#select(ownerId, sql`name = ${param('String', name)}`);
      if (stored === undefined || stored[3]) return false;
      await this.#write(ownerId, { name, filters: '', changedAt: at }, { isDeleted: true, replaced: stored });
      return true;
    });
  }

  /** Removes what is left of segments that were deleted before a moment, Unix milliseconds. */
  async removeTombstones(before: number): Promise<void> {
    await removeTombstones(this.#table, before);
  }

  get #table(): OwnedTable {
    return { database: this.#database, table: 'segments', key: 'name' };
  }

  /** One writer at a time, so that what it has read is still so when it writes. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work, work);
    this.#writing = result.catch(() => {});
    return result;
  }

  async #select(ownerId: string, condition: Sql): Promise<readonly Row[]> {
    return this.#database.rows<Row>(
      sql`
      SELECT name, filters, toUnixTimestamp64Milli(changed_at), is_deleted, version
      FROM segments FINAL
      WHERE owner_id = ${param('String', ownerId)} AND ${condition}
      ORDER BY name`,
      LOOK_UP,
    );
  }

  async #write(
    ownerId: string,
    { name, filters, changedAt }: Segment,
    { isDeleted, replaced }: { readonly isDeleted: boolean; readonly replaced: Row | undefined },
  ): Promise<number> {
    const version = this.#nextVersion(replaced?.[4] ?? 0);
    const row = [ownerId, name, filters, changedAt, isDeleted, version];
    await this.#database.insert('segments', COLUMNS, [JSON.stringify(row)]);
    return version;
  }
}

function tooMany(): AppError {
  return invalid('name', `An owner has at most ${MAX_SEGMENTS} segments: delete one first.`);
}

function segmentOf([name, filters, changedAt]: Row): Segment {
  return { name, filters, changedAt };
}
