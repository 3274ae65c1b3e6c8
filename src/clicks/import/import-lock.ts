import { createHash } from 'node:crypto';
import type { Database } from '../../clickhouse/database.ts';
import { lockTable } from '../../clickhouse/table-lock.ts';
import { unavailable } from '../../errors.ts';

/**
 * Runs work while no other import of this owner looks up or stores clicks, in whatever process.
 * @param work gets what throws AppError `unavailable` where another process may have begun meanwhile
 */
export type LockImport = <T>(ownerId: string, work: (check: () => void) => Promise<T>) => Promise<T>;

/** The lock of processes that share a ClickHouse: two that looked up the same click at once would both add it. */
export function importLock(database: Database): LockImport {
  return async (ownerId, work) => {
    const { isHeld, release } = await lockTable(database, {
      table: `import_lock_${createHash('sha256').update(ownerId).digest('hex').slice(0, 16)}`,
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
  };
}

/** Of a process that is alone with its ClickHouse. */
export const UNLOCKED: LockImport = (_, work) => work(() => {});
