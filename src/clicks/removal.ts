import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../clickhouse/database.ts';
import { unavailable } from '../errors.ts';
import { type Sql, join, param, sql } from '../sql/sql.ts';

/** Runs its work while no click comes in that the removal could meet. */
export type Undisturbed = <T>(work: () => Promise<T>) => Promise<T>;

/** How long marked clicks may wait for others, so that many removals rewrite the table once. */
const REWRITE_AFTER_MS = 30_000;

const LONGEST_PAUSE_MS = 200;

/**
 * Removes clicks in two steps. Marking them takes about a second for millions and hides them from every query;
 * rewriting the parts that hold marked ones takes several times as long, is left to the background and takes them off
 * the disk. ClickHouse notes either step on disk before it begins, so a crash delays but does not undo it.
 */
export class ClickRemoval {
  readonly #database: Database;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Removes the clicks that meet all conditions; once it settles, no later answer contains them.
   * @returns how many there were: exact where `undisturbed` keeps others out
   * @throws AppError `unavailable` when ClickHouse cannot mark them now; it keeps trying by itself
   */
  async remove(conditions: readonly [Sql, ...Sql[]], undisturbed: Undisturbed): Promise<number> {
    // One at a time: what an earlier one is about to remove is not counted again.
    const turn = this.#last.then(() => this.#remove(join(conditions, ' AND '), undisturbed));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #remove(where: Sql, undisturbed: Undisturbed): Promise<number> {
    const count = await undisturbed(async () => {
      const [row] = await this.#database.rows<[number]>(sql`SELECT count() FROM clicks WHERE ${where}`);
      // A removal looks at every part of the table, also where there is nothing to remove.
      if (row?.[0]) await this.#database.command(sql`DELETE FROM clicks WHERE ${where}`, NOT_WAITED_FOR);
      return row?.[0] ?? 0;
    });
    if (count > 0) {
      await this.#applied();
      this.#rewriteSoon();
    }
    return count;
  }

  /** Waits until ClickHouse has applied all changes to the table that are noted by now. */
  async #applied(): Promise<void> {
    const unfinished = sql`FROM system.mutations
      WHERE database = currentDatabase() AND table = 'clicks' AND NOT is_done`;
    const noted = await this.#database.rows<[string]>(sql`SELECT mutation_id ${unfinished}`);
    const ids = param(
      'Array(String)',
      noted.map(([id]) => id),
    );
    for (let pause = 5; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const [row] = await this.#database.rows<[number, number]>(
        sql`SELECT count(), countIf(latest_fail_reason != '') ${unfinished} AND mutation_id IN ${ids}`,
      );
      if (!row?.[0]) return;
      if (row[1] > 0)
        throw unavailable('ClickHouse cannot remove the clicks now; it keeps trying. Ask again later.');
      await delay(pause);
    }
  }

  #rewriteSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.rewriteMarked().catch(() => {}), REWRITE_AFTER_MS).unref();
  }

  /** Lets ClickHouse rewrite, in the background, the parts that hold marked clicks, if there are any. */
  async rewriteMarked(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const marked = await this.#database.rows(sql`
      SELECT 1 FROM system.parts
      WHERE database = currentDatabase() AND table = 'clicks' AND active AND has_lightweight_delete LIMIT 1`);
    if (marked.length > 0)
      await this.#database.command(sql`ALTER TABLE clicks APPLY DELETED MASK`, NOT_WAITED_FOR);
  }

  /** Has the rewriting noted that is still due; ClickHouse goes on with it when it starts again. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) await this.rewriteMarked().catch(() => {});
  }
}

const NOT_WAITED_FOR = { lightweight_deletes_sync: '0', mutations_sync: '0', alter_sync: '0' } as const;
