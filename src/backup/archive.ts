import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../clickhouse/database.ts';
import { param, sql } from '../sql/sql.ts';

/** A BACKUP or RESTORE of ClickHouse that came to no good end. */
export class ArchiveError extends Error {
  /** ClickHouse's name of what went wrong, such as `NOT_ENOUGH_SPACE`. */
  readonly reason: string;

  constructor(reason: string) {
    super(`ClickHouse could not write or read the archive: ${reason}.`);
    this.reason = reason;
  }
}

/** What the database is called inside every archive. */
const NAME_INSIDE = 'spoor';

/** What a database that is being restored is called until it is known to be whole. */
export function stagedName({ name }: Database): string {
  return `${name}_restored`;
}

const POLL_MS = 50;

/**
 * Writes a database into an archive, a name in the archive folder.
 * @throws ArchiveError; nothing is left of the archive then
 */
export async function writeArchive(
  server: Database,
  database: string,
  archive: string,
  signal: AbortSignal,
): Promise<void> {
  await run(server, `BACKUP DATABASE ${database} AS ${NAME_INSIDE} TO File('${archive}')`, signal);
}

/** Makes a new database of what an archive holds. @throws ArchiveError when it is not whole */
export async function readArchive(server: Database, archive: string, database: string): Promise<void> {
  await run(server, `RESTORE DATABASE ${NAME_INSIDE} AS ${database} FROM File('${archive}')`);
}

/** It may take hours, longer than any connection should wait for an answer, so ClickHouse is asked how it goes. */
async function run(server: Database, statement: string, signal?: AbortSignal): Promise<void> {
  const id = randomUUID();
  await server.commandText(`${statement} SETTINGS id = '${id}' ASYNC`);
  const mine = sql`FROM system.backups WHERE id = ${param('String', id)}`;
  let isKilled = false;
  for (;;) {
    const [row] = await server.rows<[string, string]>(sql`SELECT status, error ${mine}`);
    const [status, error] = row ?? ['GONE', ''];
    if (status === 'BACKUP_CREATED' || status === 'RESTORED') return;
    if (!/^(CREATING_BACKUP|RESTORING)$/.test(status)) {
      throw new ArchiveError(/\(([A-Z_]+)\)/.exec(error)?.[1] ?? status);
    }
    if (signal?.aborted && !isKilled) {
      isKilled = true;
      await server.command(sql`KILL QUERY WHERE query_id IN (SELECT query_id ${mine}) ASYNC FORMAT Null`);
    }
    await delay(POLL_MS);
  }
}
