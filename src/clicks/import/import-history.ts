import type { Database } from '../../clickhouse/database.ts';
import { LOOK_UP } from '../../clickhouse/query-options.ts';
import { param, sql } from '../../sql/sql.ts';
import { LOST_AFTER_MS } from './import-log.ts';

/** Imports of one owner that are kept: a log that is imported every minute can be undone for a week. */
export const MAX_IMPORTS_EACH = 10_000;

const ROOM = 1_000;

/** Whose ids and versions fit in a parameter. */
const REMOVED_AT_ONCE = 1_000;

/** Bounds the table of imports: of each owner the oldest that have ended go. */
export class ImportHistory {
  readonly #database: Database;
  readonly #room: number;
  #begun = 0;
  #removing: Promise<void> | undefined;

  /** @param room so many may begin, of all owners, until what is too many is removed */
  constructor(database: Database, room = ROOM) {
    this.#database = database;
    this.#room = room;
  }

  /** To be called before an import is stored; now and then it waits until there is room. @throws AppError `unavailable` */
  async makeRoom(): Promise<void> {
    if (++this.#begun >= this.#room) await this.removeOldest();
  }

  /** Removes what is too many. @throws AppError `unavailable` */
  async removeOldest(): Promise<void> {
    this.#removing ??= this.#remove().finally(() => (this.#removing = undefined));
    await this.#removing;
  }

  async #remove(): Promise<void> {
    const begun = this.#begun;
    const owners = await this.#database.rows<[string]>(
      sql`SELECT owner_id FROM imports GROUP BY owner_id
      HAVING uniqExact(id) > ${param('UInt32', MAX_IMPORTS_EACH)}`,
      LOOK_UP,
    );
    for (const [owner] of owners) await this.#removeOf(owner);
    this.#begun -= begun;
  }

  async #removeOf(ownerId: string): Promise<void> {
    for (;;) {
      const found = await this.#database.rows<[id: string, version: number]>(
        // One that runs is written down now and then, which would bring it back.
        sql`SELECT toString(id), version FROM (
          SELECT id, version, state, written_at FROM imports FINAL WHERE owner_id = ${param('String', ownerId)}
          ORDER BY id DESC
          LIMIT ${param('UInt32', REMOVED_AT_ONCE)} OFFSET ${param('UInt32', MAX_IMPORTS_EACH)}
        )
        WHERE state != 'running' OR dateDiff('millisecond', written_at, now64(3)) > ${param('UInt32', LOST_AFTER_MS)}`,
        LOOK_UP,
      );
      if (found.length === 0) return;
      const ids = param(
        'Array(String)',
        found.map(([id]) => id),
      );
      const newest = param(
        'Array(UInt64)',
        found.map(([, version]) => version),
      );
      // Parts change one after the other: what is older goes first, so that an import that was undone is never seen as one that was not.
      for (const versions of [sql`version NOT IN ${newest}`, sql`true`]) {
        await this.#database.command(
          sql`ALTER TABLE imports DELETE WHERE toString(id) IN ${ids} AND ${versions}`,
          {
            mutations_sync: '2',
          },
        );
      }
    }
  }
}
