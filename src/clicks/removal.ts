import { setTimeout as delay } from 'node:timers/promises';
import type { ClickTable } from '../clickhouse/cluster.ts';
import { type OnWait, Waiting } from '../clickhouse/waiting.ts';
import { unavailable } from '../errors.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import { type Erasure, conditionsOf } from './erasure.ts';
import type { ErasureLog } from './erasure-log.ts';

/** Runs its work while no click comes in that the removal could meet. */
export type Undisturbed = <T>(work: () => Promise<T>) => Promise<T>;

/** How long marked clicks may wait for others, so that many removals rewrite the table once. */
const REWRITE_AFTER_MS = 30_000;

const LONGEST_PAUSE_MS = 200;

/** How long a start waits for what ClickHouse still has to mark; it may have to rewrite much before. */
const START_WAIT_MS = 60_000;
const MARKING_POLL_MS = 20;

/**
 * Removes clicks in two steps. Marking them hides them from every query. It takes about a second for millions, and as long for
 * 50 parts of the table: ClickHouse gives all of them a new version, also with `IN PARTITION`;
 * rewriting the parts that hold marked ones takes several times as long, is left to the background and takes them off
 * the disk. ClickHouse notes either step on disk before it begins, so a crash delays but does not undo it.
 */
export class ClickRemoval {
  readonly #tables: readonly ClickTable[];
  readonly #log: Pick<ErasureLog, 'note'>;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** @param tables one, or each shard's */
  constructor(tables: readonly ClickTable[], log: Pick<ErasureLog, 'note'>) {
    this.#tables = tables;
    this.#log = log;
  }

  /**
   * Removes the clicks that the erasure selects; once it settles, no later answer contains them, and no import that begins
   * later brings them back.
   * @param keptAway what imports are to leave out from now on, where that is more than what goes
   * @returns how many there were: exact where `undisturbed` keeps others out
   * @throws AppError `unavailable` when ClickHouse cannot mark them now; it keeps trying by itself
   */
  async remove(erasure: Erasure, undisturbed: Undisturbed, keptAway = erasure): Promise<number> {
    const conditions = conditionsOf(erasure);
    if (conditions.length === 0) throw new Error('An erasure must say which clicks.');
    return this.#alone(async () => {
      // Noted first: an import that begins in between would bring back what is about to go.
      await this.#log.note(keptAway);
      return this.#remove(join(conditions, ' AND '), undisturbed);
    });
  }

  /**
   * Removes the clicks that an import added; once it settles, no later answer contains them. They may be imported again.
   * @returns how many there were
   * @throws AppError `unavailable` when ClickHouse cannot mark them now; it keeps trying by itself
   */
  async undo(importId: bigint, undisturbed: Undisturbed): Promise<number> {
    const where = sql`import_id = ${param('UInt64', String(importId))}`;
    return this.#alone(() => this.#remove(where, undisturbed));
  }

  /** One at a time: what an earlier removal is about to remove is not counted again. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #remove(where: Sql, undisturbed: Undisturbed): Promise<number> {
    const found = await undisturbed(async () => {
      // All of them are counted before any is marked: with a shard away nothing is done at all.
      const counted = await Promise.all(
        this.#tables.map(async (clicks) => ({ ...clicks, count: await countIn(clicks, where) })),
      );
      // A removal looks at every part of the table, also where there is nothing to remove.
      const affected = counted.filter(({ count }) => count > 0);
      await allOf(
        affected.map(({ database, table, isReplicated }) =>
          database.command(
            sql`DELETE FROM ${identifier(table)} WHERE ${where}`,
            isReplicated ? BY_ALL_REPLICAS : NOT_WAITED_FOR,
          ),
        ),
      );
      return affected;
    });
    await Promise.all(found.map(applied));
    if (found.length > 0) this.#rewriteSoon();
    return found.reduce((sum, { count }) => sum + count, 0);
  }

  #rewriteSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.rewriteMarked().catch(() => {}), REWRITE_AFTER_MS).unref();
  }

  /** Lets ClickHouse rewrite, in the background, the parts that hold marked clicks, if there are any. */
  async rewriteMarked(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#tables.map(rewriteMarkedIn));
  }

  /**
   * Waits until ClickHouse has marked what an earlier process had it mark: it goes on part by part, and a response in between would
   * lack some of the clicks.
   */
  async finishMarking(onWait: OnWait): Promise<void> {
    await Promise.all(this.#tables.map((clicks) => marked(clicks, onWait)));
  }

  /** Has the rewriting noted that is still due; ClickHouse goes on with it when it starts again. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) await this.rewriteMarked().catch(() => {});
  }
}

/** Waits for all of them, also after a failure: nobody is to go on while one may still mark clicks. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function countIn({ database, table }: ClickTable, where: Sql): Promise<number> {
  const [row] = await database.rows<[number]>(sql`SELECT count() FROM ${identifier(table)} WHERE ${where}`);
  return row?.[0] ?? 0;
}

/** Waits until ClickHouse has applied all changes to the table that are noted by now. */
async function applied({ database, table }: ClickTable): Promise<void> {
  const unfinished = sql`FROM system.mutations
    WHERE database = currentDatabase() AND table = ${param('String', table)} AND NOT is_done`;
  const noted = await database.rows<[string]>(sql`SELECT mutation_id ${unfinished}`);
  const ids = param(
    'Array(String)',
    noted.map(([id]) => id),
  );
  for (let pause = 5; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const [row] = await database.rows<[number, number]>(
      sql`SELECT count(), countIf(latest_fail_reason != '') ${unfinished} AND mutation_id IN ${ids}`,
    );
    if (!row?.[0]) return;
    if (row[1] > 0)
      throw unavailable('ClickHouse cannot remove the clicks now; it keeps trying. Ask again later.');
    await delay(pause);
  }
}

/** Until all are marked, or ClickHouse cannot now, or the start has waited long enough. */
async function marked({ database, table }: ClickTable, onWait: OnWait): Promise<void> {
  const waiting = new Waiting('ClickHouse to remove the clicks that were being erased', onWait);
  while (waiting.elapsedMs < START_WAIT_MS) {
    const [[left, failing] = [0, 0]] = await database.rows<[number, number]>(sql`
      SELECT count(), countIf(latest_fail_reason != '') FROM system.mutations
      WHERE database = currentDatabase() AND table = ${param('String', table)} AND NOT is_done
        AND command LIKE '%UPDATE _row_exists = 0%'`);
    if (left === 0 || failing > 0) return;
    await waiting.pause(MARKING_POLL_MS);
  }
}

async function rewriteMarkedIn({ database, table }: ClickTable): Promise<void> {
  const marked = await database.rows(sql`
    SELECT 1 FROM system.parts
    WHERE database = currentDatabase() AND table = ${param('String', table)} AND active AND has_lightweight_delete
    LIMIT 1`);
  if (marked.length > 0)
    await database.command(sql`ALTER TABLE ${identifier(table)} APPLY DELETED MASK`, NOT_WAITED_FOR);
}

/** Replicas learn of a change one after another, so what one notes tells nothing of the others. */
const BY_ALL_REPLICAS = { lightweight_deletes_sync: '2', mutations_sync: '2' } as const;

const NOT_WAITED_FOR = { lightweight_deletes_sync: '0', mutations_sync: '0', alter_sync: '0' } as const;
