import { setTimeout as delay } from 'node:timers/promises';
import type { ClickTable } from '../clickhouse/cluster.ts';
import { type OnWait, Waiting } from '../clickhouse/waiting.ts';
import { unavailable } from '../errors.ts';
import { type Sql, identifier, join, param, sql } from '../sql/sql.ts';
import { type Erasure, conditionsOf } from './erasure.ts';
import type { ErasureLog } from './erasure-log.ts';

/** Runs its work while no click that the removal could select is stored. */
export type ExclusiveRun = <T>(work: () => Promise<T>) => Promise<T>;

/** How long deleted clicks stay on disk, so that many removals rewrite the table once. */
const REWRITE_AFTER_MS = 30_000;

const LONGEST_PAUSE_MS = 200;

/** How long a start waits for lightweight deletes that an earlier process began; ClickHouse may have to rewrite much before. */
const START_WAIT_MS = 60_000;
const DELETE_POLL_MS = 20;

/**
 * Removes clicks in two steps. A lightweight delete hides them from every query. It takes about a second for millions of clicks, and
 * also for 50 parts of the table: ClickHouse gives every part a new version, also with `IN PARTITION`. Rewriting the affected parts
 * takes several times as long; it happens in the background and removes the clicks from the disk. ClickHouse stores either step
 * before it begins, so a crash delays it but does not undo it.
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
   * Removes the clicks that the erasure selects; once it settles, no later response contains them, and no import that begins
   * later brings them back.
   * @param excludedFromImports what imports must not bring back, where that is more than what is removed
   * @returns how many there were: exact if `exclusively` keeps new clicks out
   * @throws AppError `unavailable` when ClickHouse cannot delete now; it retries by itself
   */
  async remove(erasure: Erasure, exclusively: ExclusiveRun, excludedFromImports = erasure): Promise<number> {
    const conditions = conditionsOf(erasure);
    if (conditions.length === 0) throw new Error('An erasure must say which clicks.');
    return this.#alone(async () => {
      // Stored first: an import that begins in between would bring back the clicks that are about to be removed.
      await this.#log.note(excludedFromImports);
      return this.#remove(join(conditions, ' AND '), exclusively);
    });
  }

  /**
   * Removes the clicks that an import added; once it settles, no later response contains them. They may be imported again.
   * @returns how many there were
   * @throws AppError `unavailable` when ClickHouse cannot delete now; it retries by itself
   */
  async undo(importId: bigint, exclusively: ExclusiveRun): Promise<number> {
    const where = sql`import_id = ${param('UInt64', String(importId))}`;
    return this.#alone(() => this.#remove(where, exclusively));
  }

  /** One at a time, so that no click is counted by two removals. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #remove(where: Sql, exclusively: ExclusiveRun): Promise<number> {
    const found = await exclusively(async () => {
      // All are counted before any is deleted: if a shard is unreachable, nothing is deleted anywhere.
      const counted = await Promise.all(
        this.#tables.map(async (clicks) => ({ ...clicks, count: await countIn(clicks, where) })),
      );
      // A lightweight delete gives every part a new version, even if it deletes nothing.
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
    this.#timer = setTimeout(() => void this.rewriteDeleted().catch(() => {}), REWRITE_AFTER_MS).unref();
  }

  /** Has ClickHouse rewrite, in the background, the parts that have deleted clicks, if there are any. */
  async rewriteDeleted(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#tables.map(rewriteDeletedIn));
  }

  /**
   * Waits for the lightweight deletes that an earlier process began: ClickHouse goes on part by part, and a response in between would
   * lack only some of the clicks.
   */
  async finishDeleting(onWait: OnWait): Promise<void> {
    await Promise.all(this.#tables.map((clicks) => deleted(clicks, onWait)));
  }

  /** Starts the rewriting that is still due; ClickHouse continues with it after a restart. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) await this.rewriteDeleted().catch(() => {});
  }
}

/** Waits for all of them, also after a failure: the lock must be kept while one may still delete clicks. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function countIn({ database, table }: ClickTable, where: Sql): Promise<number> {
  const [row] = await database.rows<[number]>(sql`SELECT count() FROM ${identifier(table)} WHERE ${where}`);
  return row?.[0] ?? 0;
}

/** Waits until ClickHouse has applied all mutations of the table that are pending now. */
async function applied({ database, table }: ClickTable): Promise<void> {
  const unfinished = sql`FROM system.mutations
    WHERE database = currentDatabase() AND table = ${param('String', table)} AND NOT is_done`;
  const pending = await database.rows<[string]>(sql`SELECT mutation_id ${unfinished}`);
  const ids = param(
    'Array(String)',
    pending.map(([id]) => id),
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

/** Waits until all lightweight deletes are applied, ClickHouse reports a failure, or the start has waited long enough. */
async function deleted({ database, table }: ClickTable, onWait: OnWait): Promise<void> {
  const waiting = new Waiting('ClickHouse to remove the clicks that were being erased', onWait);
  while (waiting.elapsedMs < START_WAIT_MS) {
    const [[left, failing] = [0, 0]] = await database.rows<[number, number]>(sql`
      SELECT count(), countIf(latest_fail_reason != '') FROM system.mutations
      WHERE database = currentDatabase() AND table = ${param('String', table)} AND NOT is_done
        AND command LIKE '%UPDATE _row_exists = 0%'`);
    if (left === 0 || failing > 0) return;
    await waiting.pause(DELETE_POLL_MS);
  }
}

async function rewriteDeletedIn({ database, table }: ClickTable): Promise<void> {
  const affected = await database.rows(sql`
    SELECT 1 FROM system.parts
    WHERE database = currentDatabase() AND table = ${param('String', table)} AND active AND has_lightweight_delete
    LIMIT 1`);
  if (affected.length > 0)
    await database.command(sql`ALTER TABLE ${identifier(table)} APPLY DELETED MASK`, NOT_WAITED_FOR);
}

/** Replicas learn of a mutation one after another, so the pending ones of one replica say nothing about the others. */
const BY_ALL_REPLICAS = { lightweight_deletes_sync: '2', mutations_sync: '2' } as const;

const NOT_WAITED_FOR = { lightweight_deletes_sync: '0', mutations_sync: '0', alter_sync: '0' } as const;
