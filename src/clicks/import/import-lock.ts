import { createHash } from 'node:crypto';
import type { Database } from '../../clickhouse/database.ts';
import { lockTable } from '../../clickhouse/table-lock.ts';
import { unavailable } from '../../errors.ts';
import { SerialWork } from '../../lib/serial-work.ts';
import type { ImportTarget } from './missing-clicks.ts';

/** The owners whose clicks an import may add. */
export type ImportOwners = Pick<ImportTarget, 'ownerId' | 'isAnyOwner'>;

/**
 * Runs work while no other import looks up or stores clicks of these owners, in whatever process.
 * @param work gets what throws AppError `unavailable` where another process may have begun meanwhile
 */
export type LockImport = <T>(owners: ImportOwners, work: (check: () => void) => Promise<T>) => Promise<T>;

/** Owners share so many locks: an import for any owner takes all of them, at some milliseconds each. */
const LOCKS = Array.from({ length: 8 }, (_, number) => `import_lock_${number}`);

/** The locks of processes that share a ClickHouse: two that looked up the same click at once would both add it. */
export function importLock(database: Database): LockImport {
  const turns = new SerialWork();
  const withLock = <T>(table: string, work: (check: () => void) => Promise<T>): Promise<T> =>
    turns.run(table, async () => {
      const { isHeld, release } = await lockTable(database, {
        table,
        holder: 'an import through another server',
      });
      try {
        return await work(() => {
          if (!isHeld()) throw unavailable('ClickHouse does not respond: import the file again.');
        });
      } finally {
        // Otherwise it is taken for that of a process that died, in a while.
        await release().catch(() => {});
      }
    });
  const withLocks = <T>(
    [table, ...others]: readonly string[],
    work: (check: () => void) => Promise<T>,
  ): Promise<T> =>
    table === undefined
      ? work(() => {})
      : withLock(table, (check) =>
          withLocks(others, (checkOthers) =>
            work(() => {
              check();
              checkOthers();
            }),
          ),
        );
  return (owners, work) => withLocks(locksOf(owners), work);
}

/** In the order of their numbers, so that no two imports wait for each other. */
function locksOf({ ownerId, isAnyOwner }: ImportOwners): readonly string[] {
  if (isAnyOwner) return LOCKS;
  const number = createHash('sha256').update(ownerId).digest().readUInt32LE() % LOCKS.length;
  return LOCKS.slice(number, number + 1);
}

/** Of a process that is alone with its ClickHouse. */
export const UNLOCKED: LockImport = (_, work) => work(() => {});
