import type { Database } from '../clickhouse/database.ts';
import { LOOK_UP } from '../clickhouse/query-options.ts';
import type { NextVersion } from '../clickhouse/versions.ts';
import { type Sql, param, sql } from '../sql/sql.ts';

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
 * The table of segments. Nothing of it is cached: a question looks its segments up each time, so that a change counts at once
 * in every instance.
 */
export class Segments {
  readonly #database: Database;
  readonly #nextVersion: NextVersion;

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

  /** Creates the segment, or gives it other filters. @returns whether it is new */
  async put(ownerId: string, segment: Segment): Promise<boolean> {
    const [stored] = await this.#select(ownerId, sql`name = ${param('String', segment.name)}`);
    await this.#write(ownerId, segment, { isDeleted: false, replaced: stored });
    return stored === undefined || stored[3];
  }

  /** @returns whether there was one */
  async delete(ownerId: string, name: string, at: number): Promise<boolean> {
    const [stored] = await this.#select(ownerId, sql`name = ${param('String', name)}`);
    if (stored === undefined || stored[3]) return false;
    await this.#write(ownerId, { name, filters: '', changedAt: at }, { isDeleted: true, replaced: stored });
    return true;
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
  ): Promise<void> {
    const version = this.#nextVersion(replaced?.[4] ?? 0);
    const row = [ownerId, name, filters, changedAt, isDeleted, version];
    await this.#database.insert('segments', COLUMNS, [JSON.stringify(row)]);
  }
}

function segmentOf([name, filters, changedAt]: Row): Segment {
  return { name, filters, changedAt };
}
